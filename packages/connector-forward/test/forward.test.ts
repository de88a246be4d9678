import { forwardConnector } from '@spanloom/connector-forward'
import { PermanentError, Traces } from '@spanloom/core'
import { createComponent, sampleTraces, testConnectorContract, TracesSink } from '@spanloom/core/testing'
import { expect, it } from 'vitest'

testConnectorContract(forwardConnector, { config: {} })

it('hands on the very batch it was given, with what travels beside it', async () => {
  const next = new TracesSink()
  const connector = createComponent(forwardConnector, {}, { next })
  const [batch = Traces.empty] = sampleTraces(1)
  const context = { signal: new AbortController().signal, metadata: new Map([['tenant', ['north']]]) }

  await connector.consumeTraces(batch, context)

  expect(next.batches[0]).toBe(batch)
  expect(next.contexts[0]).toBe(context)
})

it('answers what the pipelines behind it answer', async () => {
  const next = new TracesSink()
  next.refuseWith(new PermanentError('DATA_REFUSED', 'Nobody wants this.'))
  const connector = createComponent(forwardConnector, {}, { next })
  const [batch = Traces.empty] = sampleTraces(1)

  await expect(
    connector.consumeTraces(batch, { signal: new AbortController().signal }),
  ).rejects.toMatchObject({
    code: 'DATA_REFUSED',
  })
})
