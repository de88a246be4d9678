import { array, assert, asyncProperty, boolean, constantFrom, integer, record } from 'fast-check'
import { expect, it } from 'vitest'

import { PermanentError, retryAfterMs, RetryableError } from '../../src/errors/errors.ts'
import { settle } from '../../src/testing/index.ts'
import { Traces } from '../../src/traces/index.ts'
import { runExporter } from './running-exporter.ts'
import { idsOf, someTraces } from './some-traces.ts'

const { signal } = new AbortController()
const unavailable = (): RetryableError =>
  new RetryableError('NETWORK_ERROR', 'connection refused', { grpcStatus: 14 })

const outcomeOf = (call: Promise<void>): Promise<unknown> =>
  call.then(
    () => 'taken',
    (error: unknown) => error,
  )

it('EXP-01, EXP-05: takes data before it is delivered, whatever becomes of the caller', async () => {
  const { exporter, sender, telemetry } = await runExporter()
  const gate = Promise.withResolvers<void>()
  sender.script = () => gate.promise
  const caller = new AbortController()
  await exporter.consumeTraces(someTraces(2), { signal: caller.signal })
  caller.abort()
  await settle()
  expect(sender.delivered).toHaveLength(0)
  expect(telemetry.heldNow()).toBe(2)

  gate.resolve()
  await settle()
  expect(sender.delivered).toHaveLength(1)
  expect(telemetry.heldNow()).toBe(0)
})

it('EXP-02, vector 33: a queue of 2 before a dead backend refuses 8 of 10 requests', async () => {
  const { exporter, sender, telemetry, metric } = await runExporter({ sending_queue: { queue_size: 2 } })
  sender.script = () => {
    throw unavailable()
  }
  const outcomes = await Promise.all(
    Array.from({ length: 10 }, () => outcomeOf(exporter.consumeTraces(someTraces(3), { signal }))),
  )
  const refused = outcomes.filter((outcome) => outcome !== 'taken')

  expect(refused).toHaveLength(8)
  expect(refused[0]).toMatchObject({ code: 'QUEUE_FULL', message: 'sending queue is full', permanent: false })
  expect(await metric('otelcol_exporter_enqueue_failed_spans')).toBe(24)
  expect(await metric('otelcol_exporter_queue_size')).toBe(2)
  expect(await metric('otelcol_exporter_queue_capacity')).toBe(2)
  expect(await metric('otelcol_exporter_in_flight_requests')).toBe(2)
  expect(await metric('otelcol_exporter_send_failed_spans')).toBe(0)
  expect(telemetry.logger.lines).toContainEqual(
    expect.objectContaining({
      level: 'error',
      message: 'Exporting failed. Rejecting data.',
      fields: expect.objectContaining({ rejected_items: 3 }),
    }),
  )
})

it('OTR-12: asks a refused sender to wait about a second, not all the same', async () => {
  const waits = []
  for (const random of [() => 0, () => 0.5, () => 0.999]) {
    const { exporter, sender } = await runExporter({ sending_queue: { queue_size: 1 } }, { random })
    sender.script = () => new Promise(() => undefined)
    await exporter.consumeTraces(someTraces(), { signal })
    waits.push(retryAfterMs(await outcomeOf(exporter.consumeTraces(someTraces(), { signal }))))
  }

  expect(waits).toEqual([750, 1_000, 1_250])
})

it('EXP-03: refuses a request that is larger than the whole queue, for good', async () => {
  const { exporter, metric } = await runExporter({ sending_queue: { queue_size: 5, sizer: 'items' } })
  const outcome = await outcomeOf(exporter.consumeTraces(someTraces(6), { signal }))

  expect(outcome).toBeInstanceOf(PermanentError)
  expect(outcome).toMatchObject({ message: 'element size too large' })
  expect(await metric('otelcol_exporter_enqueue_failed_spans')).toBe(6)
})

it('EXP-03, CMP-06: accepts a request without spans and drops it', async () => {
  const { exporter, sender } = await runExporter()
  await exporter.consumeTraces(Traces.empty, { signal })
  await settle()

  expect(sender.encoded).toBe(0)
})

it.each([
  ['requests', 3, 3],
  ['items', 6, 6],
] as const)('EXP-04: counts %s, waiting and in flight', async (sizer, queueSize, expected) => {
  const { exporter, sender, metric } = await runExporter({
    sending_queue: { queue_size: queueSize, sizer, num_consumers: 1 },
  })
  sender.script = () => new Promise(() => undefined)
  for (let index = 0; index < 3; index++) await exporter.consumeTraces(someTraces(2), { signal })

  expect(await metric('otelcol_exporter_queue_size')).toBe(expected)
  expect(await outcomeOf(exporter.consumeTraces(someTraces(), { signal }))).toMatchObject({
    code: 'QUEUE_FULL',
  })
})

it('EXP-04: counts bytes', async () => {
  const traces = someTraces(2)
  const { exporter, sender, metric } = await runExporter({
    sending_queue: { queue_size: traces.byteLength, sizer: 'bytes' },
  })
  sender.script = () => new Promise(() => undefined)
  await exporter.consumeTraces(traces, { signal })

  expect(await metric('otelcol_exporter_queue_size')).toBe(traces.byteLength)
  expect(await outcomeOf(exporter.consumeTraces(someTraces(), { signal }))).toMatchObject({
    code: 'QUEUE_FULL',
  })
})

it('EXP-06: drops and counts what finally failed, and says so', async () => {
  const { exporter, sender, telemetry, metric } = await runExporter()
  sender.script = () => {
    throw new PermanentError('EXPORT_REFUSED', 'bad data')
  }
  await exporter.consumeTraces(someTraces(4), { signal })
  await settle()

  expect(telemetry.dropped.get('permanent_error')).toBe(4)
  expect(await metric('otelcol_exporter_send_failed_spans')).toBe(4)
  expect(telemetry.logger.lines).toContainEqual(
    expect.objectContaining({
      level: 'error',
      message: 'Exporting failed. Dropping data.',
      fields: expect.objectContaining({ dropped_items: 4 }),
    }),
  )
})

it('EXP-26: sends num_consumers requests at once, those between two attempts included', async () => {
  const { exporter, sender, clock } = await runExporter({ sending_queue: { num_consumers: 3 } })
  let failing = true
  sender.script = () => {
    if (failing) throw unavailable()
  }
  for (let index = 0; index < 5; index++) await exporter.consumeTraces(someTraces(), { signal })
  await settle()
  expect(sender.attempts).toHaveLength(3)

  failing = false
  await clock.advance(5_000)
  expect(sender.delivered).toHaveLength(5)
})

it('lets callers wait for space, in turn, and forgets those that give up', async () => {
  const { exporter, sender } = await runExporter({
    sending_queue: { queue_size: 4, sizer: 'items', num_consumers: 1, block_on_overflow: true },
  })
  const gates: PromiseWithResolvers<void>[] = []
  sender.script = () => {
    const gate = Promise.withResolvers<void>()
    gates.push(gate)
    return gate.promise
  }
  await exporter.consumeTraces(someTraces(4), { signal })
  const impatient = new AbortController()
  const order: string[] = []
  const large = exporter.consumeTraces(someTraces(3), { signal }).then(() => order.push('large'))
  const gone = outcomeOf(exporter.consumeTraces(someTraces(2), { signal: impatient.signal }))
  const small = exporter.consumeTraces(someTraces(2), { signal }).then(() => order.push('small'))
  impatient.abort()
  expect(await gone).toMatchObject({ code: 'QUEUE_FULL' })

  await settle()
  expect(order).toEqual([])
  gates[0]?.resolve()
  await large
  await settle()
  expect(order).toEqual(['large'])
  gates[1]?.resolve()
  await small
  expect(order).toEqual(['large', 'small'])
})

it('lets no small request pass a large one that waits for space', async () => {
  const { exporter, sender } = await runExporter({
    sending_queue: { queue_size: 4, sizer: 'items', block_on_overflow: true },
  })
  sender.script = () => new Promise(() => undefined)
  const impatient = new AbortController()
  await exporter.consumeTraces(someTraces(2), { signal })
  const large = outcomeOf(exporter.consumeTraces(someTraces(3), { signal: impatient.signal }))
  const small = outcomeOf(exporter.consumeTraces(someTraces(1), { signal }))
  await settle()
  expect(sender.attempts).toHaveLength(1)

  impatient.abort()
  expect(await large).toMatchObject({ code: 'QUEUE_FULL' })
  expect(await small).toBe('taken')
})

it('wait_for_result: tells the caller what became of the data', async () => {
  const { exporter, sender, telemetry } = await runExporter({ sending_queue: { wait_for_result: true } })
  await exporter.consumeTraces(someTraces(), { signal })
  expect(sender.delivered).toHaveLength(1)

  sender.script = () => {
    throw new PermanentError('EXPORT_REFUSED', 'bad data')
  }
  expect(await outcomeOf(exporter.consumeTraces(someTraces(), { signal }))).toMatchObject({ permanent: true })
  expect([...telemetry.dropped]).toEqual([])
})

it('wait_for_result: the end of the caller ends the sending', async () => {
  const { exporter, sender } = await runExporter({ sending_queue: { wait_for_result: true } })
  sender.script = () => new Promise(() => undefined)
  const caller = new AbortController()
  const call = outcomeOf(exporter.consumeTraces(someTraces(), { signal: caller.signal }))
  await settle()
  caller.abort(new Error('gone'))
  await settle()

  expect(await call).toBeInstanceOf(Error)
  expect(sender.attempts[0]?.context.signal.aborted).toBe(true)
})

it('STA-05: reports trouble once and its end once', async () => {
  const { exporter, sender, clock, telemetry } = await runExporter()
  let failures = 4
  sender.script = () => {
    if (failures-- > 0) throw unavailable()
  }
  for (let index = 0; index < 2; index++) await exporter.consumeTraces(someTraces(), { signal })
  await clock.advance(60_000)

  expect(telemetry.statusEvents.map(({ kind }) => kind)).toEqual(['RecoverableError', 'OK'])
})

it('queue never exceeds its bound, and nothing is lost or doubled, whatever fails', async () => {
  const step = record({
    spans: integer({ min: 1, max: 6 }),
    fate: constantFrom('ok', 'busy', 'bad', 'partial'),
    pauseMs: constantFrom(0, 0, 50, 5_000),
  })
  await assert(
    asyncProperty(
      array(step, { minLength: 1, maxLength: 30 }),
      constantFrom('requests', 'items'),
      boolean(),
      boolean(),
      integer({ min: 1, max: 3 }),
      async (steps, sizer, batching, blocking, consumers) => {
        const capacity = 12
        const { exporter, sender, clock, telemetry, metric } = await runExporter({
          retry_on_failure: { initial_interval: '100ms', max_interval: '1s', max_elapsed_time: '2s' },
          sending_queue: {
            queue_size: capacity,
            sizer,
            num_consumers: consumers,
            block_on_overflow: blocking,
            ...(batching ? { batch: { min_size: 4, max_size: 7, sizer: 'items' } } : {}),
          },
        })
        const fates = steps.map(({ fate }) => fate)
        let turn = 0
        sender.script = () => {
          const fate = fates[turn++ % fates.length]
          if (fate === 'busy') throw unavailable()
          if (fate === 'bad') throw new PermanentError('EXPORT_REFUSED', 'bad data')
          return fate === 'partial' ? { rejectedSpans: 1 } : undefined
        }
        const given: Traces[] = []
        const calls: Promise<unknown>[] = []
        for (const { spans, pauseMs } of steps) {
          const traces = someTraces(spans)
          given.push(traces)
          calls.push(outcomeOf(exporter.consumeTraces(traces, { signal })))
          await clock.advance(pauseMs)
          expect(await metric('otelcol_exporter_queue_size')).toBeLessThanOrEqual(capacity)
        }
        await clock.advance(60_000)
        await exporter.shutdown(signal)
        const outcomes = await Promise.all(calls)
        const spanCount = given.reduce((sum, traces) => sum + traces.spanCount, 0)
        const sent = (await metric('otelcol_exporter_sent_spans')) ?? 0
        const failed = (await metric('otelcol_exporter_send_failed_spans')) ?? 0
        const refused = (await metric('otelcol_exporter_enqueue_failed_spans')) ?? 0
        const dropped = [...telemetry.dropped.values()].reduce((sum, count) => sum + count, 0)

        expect(sent + failed + refused).toBe(spanCount)
        expect(dropped).toBe(failed)
        expect(telemetry.heldNow()).toBe(0)
        expect(new Set(sender.deliveredIds).size).toBe(sender.deliveredIds.length)
        const taken = new Set(idsOf(given.filter((_, index) => outcomes[index] === 'taken')))
        expect(sender.deliveredIds.filter((id) => !taken.has(id))).toEqual([])
        expect(clock.pending).toBe(0)
      },
    ),
    { numRuns: 40 },
  )
})
