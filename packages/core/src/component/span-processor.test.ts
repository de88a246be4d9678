import { expect, it } from 'vitest'

import { RetryableError } from '../errors/errors.ts'
import { sampleTraces, TracesSink } from '../testing/index.ts'
import { Traces } from '../traces/index.ts'
import { statelessProcessor } from './span-processor.ts'

const context = { signal: new AbortController().signal }
const batch = Traces.concat(sampleTraces())

it('tells of what it took out only when the rest was taken, so that a batch which comes again counts once', async () => {
  const next = new TracesSink()
  const dropped: number[] = []
  let keep = true
  const first = (traces: Traces): Traces => traces.filter(() => (keep = !keep))
  const processor = statelessProcessor(next, first, (spans) => dropped.push(spans))
  next.refuseWith(new RetryableError('FULL', 'full'))
  await expect(processor.consumeTraces(batch, context)).rejects.toThrow('full')
  expect(dropped).toEqual([])
  next.refuseWith(undefined)

  await processor.consumeTraces(batch, context)

  expect(dropped).toEqual([batch.spanCount - next.spanCount])
})

it('tells of a batch of which nothing is left, and hands on nothing', async () => {
  const next = new TracesSink()
  const dropped: number[] = []
  const processor = statelessProcessor(
    next,
    () => Traces.empty,
    (spans) => dropped.push(spans),
  )
  await processor.consumeTraces(batch, context)
  expect([next.calls, dropped]).toEqual([0, [batch.spanCount]])
})
