import { ConfigError, Traces } from '@spanloom/core'
import { createComponent, sampleTraces, testHost, testTelemetry, TracesSink } from '@spanloom/core/testing'
import { nopExporter, nopReceiver } from '@spanloom/nop'
import { expect, it } from 'vitest'

it('receives nothing', async () => {
  const next = new TracesSink()
  const receiver = createComponent(nopReceiver, null, { next })

  await receiver.start(testHost())
  await receiver.shutdown(AbortSignal.timeout(1_000))

  expect(next.calls).toBe(0)
})

it('takes everything and drops nothing', async () => {
  const telemetry = testTelemetry()
  const exporter = createComponent(nopExporter, {}, { telemetry })
  const [batch = Traces.empty] = sampleTraces(1)

  await exporter.start(testHost())
  await exporter.consumeTraces(batch, { signal: new AbortController().signal })
  await exporter.shutdown(AbortSignal.timeout(1_000))
  await exporter.shutdown(AbortSignal.timeout(1_000))

  expect(telemetry.dropped.size).toBe(0)
})

it.each([nopReceiver, nopExporter])('has no settings', (factory) => {
  expect(() => createComponent(factory, { endpoint: 'x' })).toThrow(ConfigError)
})
