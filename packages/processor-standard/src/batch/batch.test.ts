import { ConfigError, RetryableError, Traces, span } from '@spanloom/core'
import { createComponent, fakeClock, testTelemetry, TracesSink } from '@spanloom/core/testing'
import fc from 'fast-check'
import { expect, it } from 'vitest'

import { batchProcessor } from './batch.ts'

const signal = new AbortController().signal
let counter = 0
const batchOf = (count: number): Traces =>
  Traces.of(
    Array.from({ length: count }, () =>
      span({ traceId: '1'.repeat(32), spanId: (++counter).toString(16).padStart(16, '0'), name: 'a' }),
    ),
  )
const sizes = (sink: TracesSink): readonly number[] => sink.batches.map(({ spanCount }) => spanCount)

function create(config: object) {
  const next = new TracesSink()
  const clock = fakeClock()
  const telemetry = testTelemetry()
  return {
    next,
    clock,
    telemetry,
    processor: createComponent(batchProcessor, config, { next, clock, telemetry }),
  }
}

it('joins requests until the batch is full, and answers them together', async () => {
  const { next, processor, telemetry } = create({ send_batch_size: 5 })
  const first = processor.consumeTraces(batchOf(2), { signal })
  expect(telemetry.heldNow()).toBe(2)

  await Promise.all([first, processor.consumeTraces(batchOf(3), { signal })])

  expect(sizes(next)).toEqual([5])
  expect(telemetry.heldNow()).toBe(0)
})

it('sends what there is when the time is over', async () => {
  const { next, clock, processor } = create({ timeout: '100ms' })
  const sent = processor.consumeTraces(batchOf(2), { signal })

  await clock.advance(99)
  expect(next.calls).toBe(0)
  await clock.advance(1)
  await sent

  expect(sizes(next)).toEqual([2])
})

it('sends at once when there is no time to wait, splitting only', async () => {
  const { next, processor } = create({ timeout: '0s', send_batch_size: 0, send_batch_max_size: 4 })
  await processor.consumeTraces(batchOf(10), { signal })
  expect(sizes(next)).toEqual([4, 4, 2])
})

it('DIF-21 hands the error of the next stage back to every sender in the batch', async () => {
  const { next, processor } = create({ send_batch_size: 2 })
  next.refuseWith(new RetryableError('QUEUE_FULL', 'sending queue is full'))

  const outcomes = await Promise.allSettled([
    processor.consumeTraces(batchOf(1), { signal }),
    processor.consumeTraces(batchOf(1), { signal }),
  ])

  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
})

it('answers at once and counts what it loses with wait_for_result: false', async () => {
  const { next, clock, processor, telemetry } = create({ wait_for_result: false })
  next.refuseWith(new RetryableError('QUEUE_FULL', 'sending queue is full'))

  await processor.consumeTraces(batchOf(3), { signal })
  await clock.advance(200)

  expect([...telemetry.dropped]).toEqual([['refused_downstream', 3]])
  expect(telemetry.logger.lines.map(({ message }) => message)).toEqual(['Sender failed.'])
})

it('keeps senders with different headers apart, up to a limit', async () => {
  const { next, clock, processor } = create({ metadata_keys: ['Tenant'], metadata_cardinality_limit: 2 })
  const send = (tenant: string) =>
    processor.consumeTraces(batchOf(1), { signal, metadata: new Map([['tenant', [tenant]]]) })
  const sent = Promise.all([send('a'), send('b'), send('a')])

  await expect(send('c')).rejects.toThrow('too many batcher metadata-value combinations')
  await clock.advance(200)
  await sent

  expect(sizes(next)).toEqual([2, 1])
  expect(next.contexts.map(({ metadata }) => metadata?.get('tenant'))).toContainEqual(['a'])
})

it('flushes at shutdown', async () => {
  const { next, clock, processor } = create({})
  const sent = processor.consumeTraces(batchOf(1), { signal })

  await processor.shutdown(AbortSignal.timeout(1000))
  await sent

  expect(sizes(next)).toEqual([1])
  expect(clock.pending).toBe(0)
})

it.each([
  [{ send_batch_size: 10, send_batch_max_size: 5 }, 'send_batch_max_size must be greater or equal'],
  [{ metadata_keys: ['a', 'A'] }, 'duplicate entry in metadata_keys'],
])('refuses %j', (config, message) => {
  expect(() => createComponent(batchProcessor, config)).toThrow(ConfigError)
  expect(() => createComponent(batchProcessor, config)).toThrow(message)
})

it('loses and doubles no span, whatever the sizes', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 20 }),
      fc.integer({ min: 1, max: 30 }),
      fc.integer({ min: 0, max: 30 }),
      async (requests, size, extra) => {
        const { next, processor } = create({
          send_batch_size: size,
          send_batch_max_size: extra === 0 ? 0 : size + extra,
        })
        const inputs = requests.map(batchOf)
        const sent = Promise.all(inputs.map((traces) => processor.consumeTraces(traces, { signal })))
        await processor.shutdown(AbortSignal.timeout(1000))
        await sent

        const expected = inputs.flatMap((traces) => [...traces.spans()].map(({ spanId }) => spanId))
        expect(next.spans.map(({ spanId }) => spanId)).toEqual(expected)
      },
    ),
    { numRuns: 50 },
  )
})
