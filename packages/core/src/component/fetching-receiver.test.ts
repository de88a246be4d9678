import { expect, it } from 'vitest'

import { PermanentError, RetryableError } from '../errors/errors.ts'
import { sampleTraces } from '../testing/contract/sample-traces.ts'
import { fakeClock, testHost, testTelemetry, TracesSink } from '../testing/index.ts'
import { Traces } from '../traces/index.ts'
import { fetchingReceiver } from './fetching-receiver.ts'

const [batch = Traces.empty] = sampleTraces(1)
const soon = (): AbortSignal => AbortSignal.timeout(2_000)

function setup(): {
  readonly sink: TracesSink
  readonly clock: ReturnType<typeof fakeClock>
  readonly telemetry: ReturnType<typeof testTelemetry>
} {
  return { sink: new TracesSink(), clock: fakeClock(), telemetry: testTelemetry() }
}

it('hands a refused batch on again, after longer and longer waits, and tells of it once', async () => {
  const { sink, clock, telemetry } = setup()
  sink.refuseWith(new RetryableError('QUEUE_FULL', 'The queue is full.'))
  const receiver = fetchingReceiver({ next: sink, clock, telemetry }, ({ handOver }) => handOver(batch))

  await receiver.start(testHost())
  await clock.advance(999)
  expect(sink.calls).toBe(1)
  await clock.advance(1)
  expect(sink.calls).toBe(2)
  await clock.advance(2_000)
  expect(sink.calls).toBe(3)
  sink.refuseWith(undefined)
  await clock.advance(4_000)
  await receiver.shutdown(soon())

  expect(sink.spanCount).toBe(batch.spanCount)
  expect(telemetry.logger.lines).toHaveLength(1)
  expect(telemetry.statusEvents.map(({ kind }) => kind)).toEqual(['RecoverableError', 'OK'])
})

it('waits as long as the next stage asks', async () => {
  const { sink, clock, telemetry } = setup()
  sink.refuseWith(new RetryableError('QUEUE_FULL', 'The queue is full.', { retryAfterMs: 60_000 }))
  const receiver = fetchingReceiver({ next: sink, clock, telemetry }, ({ handOver }) => handOver(batch))

  await receiver.start(testHost())
  await clock.advance(59_999)
  expect(sink.calls).toBe(1)
  await clock.advance(1)
  expect(sink.calls).toBe(2)
  await receiver.shutdown(soon())
})

it('counts and leaves behind what nobody will ever take', async () => {
  const { sink, clock, telemetry } = setup()
  sink.refuseWith(new PermanentError('DATA_REFUSED', 'Nobody wants this.'))
  let ended = false
  const receiver = fetchingReceiver({ next: sink, clock, telemetry }, async ({ handOver }) => {
    await handOver(batch)
    ended = true
  })

  await receiver.start(testHost())
  await clock.advance(0)
  await receiver.shutdown(soon())

  expect(ended).toBe(true)
  expect(telemetry.dropped.get('refused')).toBe(batch.spanCount)
})

it('lets a batch that is under way at a shutdown arrive, and gives up when there is no time left', async () => {
  const { sink, clock, telemetry } = setup()
  sink.block()
  const receiver = fetchingReceiver({ next: sink, clock, telemetry }, ({ handOver }) => handOver(batch))
  await receiver.start(testHost())
  await clock.advance(0)

  const limit = new AbortController()
  const stopped = receiver.shutdown(limit.signal)
  limit.abort()
  await stopped
  sink.release()

  expect(sink.calls).toBe(1)
})

it('makes a fault of the fetching fatal', async () => {
  const { sink, clock, telemetry } = setup()
  const receiver = fetchingReceiver({ next: sink, clock, telemetry }, () =>
    Promise.reject(new Error('Broken.')),
  )

  await receiver.start(testHost())
  await clock.advance(0)
  await receiver.shutdown(soon())

  expect(telemetry.statusEvents).toMatchObject([{ kind: 'FatalError', error: { message: 'Broken.' } }])
})

it('shuts down twice, and without a start', async () => {
  const { sink, clock, telemetry } = setup()
  const receiver = fetchingReceiver({ next: sink, clock, telemetry }, ({ pause }) => pause(1_000))

  await receiver.shutdown(soon())
  await receiver.start(testHost())
  await receiver.shutdown(soon())

  expect(clock.pending).toBe(0)
})
