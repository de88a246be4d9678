import { describe, expect, test } from 'vitest'

import type { TracesConsumer } from '../component/consumer.ts'
import { isPermanent, PermanentError, RetryableError, retryAfterMs, grpcStatusOf } from '../errors/errors.ts'
import { TracesSink } from '../testing/traces-sink.ts'
import { span, Traces } from '../traces/index.ts'
import { combineFailures, fanOut, Junction } from './fan-out.ts'

const context = { signal: new AbortController().signal }
const batch = (): Traces =>
  Traces.of([span({ traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', name: 'a' })])

describe('fan-out', () => {
  test('hands every stage the very same object', async () => {
    const [a, b] = [new TracesSink(), new TracesSink()]
    const traces = batch()

    await fanOut([a, b]).consumeTraces(traces, context)

    expect(a.batches[0]).toBe(traces)
    expect(b.batches[0]).toBe(traces)
  })

  test('is the stage itself when there is only one', () => {
    const sink = new TracesSink()
    expect(fanOut([sink])).toBe(sink)
  })

  test('calls every stage even when one fails or throws at once (CMP-09)', async () => {
    const [failing, healthy] = [new TracesSink(), new TracesSink()]
    const throwing: TracesConsumer = {
      consumeTraces: () => {
        throw new RetryableError('BROKEN', 'thrown at once')
      },
    }
    failing.refuseWith(new RetryableError('FULL', 'full'))

    await expect(fanOut([throwing, failing, healthy]).consumeTraces(batch(), context)).rejects.toThrow(
      'thrown at once; full',
    )
    expect(healthy.calls).toBe(1)
  })

  test('a second attempt with the same data reaches only the stages that refused it', async () => {
    const [failing, healthy] = [new TracesSink(), new TracesSink()]
    const stage = fanOut([failing, healthy])
    const traces = batch()
    failing.refuseWith(new RetryableError('FULL', 'full'))
    await expect(stage.consumeTraces(traces, context)).rejects.toThrow('full')
    await expect(stage.consumeTraces(traces, context)).rejects.toThrow('full')
    failing.refuseWith(undefined)

    await stage.consumeTraces(traces, context)

    expect(healthy.batches).toEqual([traces])
    expect(failing.batches).toEqual([traces])
  })

  test('data that every stage took may come again as new data', async () => {
    const [a, b] = [new TracesSink(), new TracesSink()]
    const stage = fanOut([a, b])
    const traces = batch()
    a.refuseWith(new RetryableError('FULL', 'full'))
    await expect(stage.consumeTraces(traces, context)).rejects.toThrow('full')
    a.refuseWith(undefined)
    await stage.consumeTraces(traces, context)

    await stage.consumeTraces(traces, context)

    expect(a.batches).toHaveLength(2)
    expect(b.batches).toHaveLength(2)
  })
})

describe('the error of several failed stages', () => {
  test('is the only failure itself', () => {
    const failure = new PermanentError('BAD', 'bad')
    expect(combineFailures([failure])).toBe(failure)
  })

  test('is permanent only if all failures are', () => {
    const bad = new PermanentError('BAD', 'bad', { grpcStatus: 3 })
    expect(isPermanent(combineFailures([bad, bad]))).toBe(true)
    expect(grpcStatusOf(combineFailures([bad, bad]))).toBe(3)
    expect(isPermanent(combineFailures([bad, new RetryableError('FULL', 'full')]))).toBe(false)
    expect(isPermanent(combineFailures([bad, new Error('bug')]))).toBe(false)
  })

  test('asks for the longest of the delays and keeps a status that all retryable failures share', () => {
    const combined = combineFailures([
      new RetryableError('A', 'a', { retryAfterMs: 1000, grpcStatus: 8 }),
      new RetryableError('B', 'b', { retryAfterMs: 7000, grpcStatus: 8 }),
      new PermanentError('C', 'c', { grpcStatus: 3 }),
    ])
    expect(retryAfterMs(combined)).toBe(7000)
    expect(grpcStatusOf(combined)).toBe(8)
  })
})

describe('a junction', () => {
  test('remembers over a change of its stages who has taken a batch', async () => {
    const [healthy, failing, late] = [new TracesSink(), new TracesSink(), new TracesSink()]
    const junction = new Junction([healthy, failing])
    const traces = batch()
    failing.refuseWith(new RetryableError('FULL', 'full'))
    await expect(junction.consumeTraces(traces, context)).rejects.toThrow('full')

    junction.connect([healthy, late])
    await junction.consumeTraces(traces, context)

    expect([healthy, late].map(({ batches }) => batches)).toEqual([[traces], [traces]])
  })

  test('is content when the only stage that is left has taken the batch', async () => {
    const [healthy, failing] = [new TracesSink(), new TracesSink()]
    const junction = new Junction([healthy, failing])
    const traces = batch()
    failing.refuseWith(new RetryableError('FULL', 'full'))
    await expect(junction.consumeTraces(traces, context)).rejects.toThrow('full')

    junction.connect([healthy])
    await junction.consumeTraces(traces, context)

    expect(healthy.calls).toBe(1)
  })
})
