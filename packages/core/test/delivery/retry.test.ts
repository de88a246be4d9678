import { describe, expect, it } from 'vitest'

import { UndeliveredError } from '../../src/delivery/sender.ts'
import {
  isPermanent,
  messageOf,
  PermanentError,
  retryAfterMs,
  RetryableError,
  ThrottleError,
} from '../../src/errors/errors.ts'
import { deliveryConfig, runExporter } from './running-exporter.ts'
import { idsOf, someTraces } from './some-traces.ts'

const direct = { sending_queue: { enabled: false } }
const { signal } = new AbortController()
const unavailable = (): RetryableError =>
  new RetryableError('NETWORK_ERROR', 'connection refused', { grpcStatus: 14 })

const outcomeOf = (call: Promise<void>): Promise<unknown> =>
  call.then(
    () => 'delivered',
    (error: unknown) => error,
  )

it('EXP-07: without a queue the caller waits for the destination', async () => {
  const { exporter, sender } = await runExporter(direct)
  const gate = Promise.withResolvers<void>()
  sender.script = () => gate.promise
  const call = exporter.consumeTraces(someTraces(), { signal })
  let settled = false
  void call.then(() => (settled = true))
  await Promise.resolve()
  expect(settled).toBe(false)

  gate.resolve()
  await call
  expect(sender.delivered).toHaveLength(1)
})

it('EXP-20: waits between attempts as the schedule says and sends the same bytes', async () => {
  const { exporter, sender, clock } = await runExporter(direct)
  const times: number[] = []
  sender.script = () => {
    times.push(clock.monotonic())
    if (times.length < 5) throw unavailable()
  }
  const call = exporter.consumeTraces(someTraces(), { signal })
  await clock.advance(100_000)
  await call

  expect(times).toEqual([0, 5_000, 12_500, 23_750, 40_625])
  expect(sender.encoded).toBe(1)
  expect(sender.attempts.map(({ context }) => context.attempt)).toEqual([1, 2, 3, 4, 5])
})

it('EXP-21: waits as long as the destination asks, if that is longer', async () => {
  const { exporter, sender, clock } = await runExporter(direct)
  const times: number[] = []
  const asked = [7_000, 10]
  sender.script = () => {
    times.push(clock.monotonic())
    const wait = asked[times.length - 1]
    if (wait !== undefined) throw new ThrottleError('THROTTLED', 'slow down', { retryAfterMs: wait })
  }
  const call = exporter.consumeTraces(someTraces(), { signal })
  await clock.advance(60_000)
  await call

  expect(times).toEqual([0, 7_000, 14_500])
})

it('EXP-22: gives up when the next attempt would come too late', async () => {
  const { exporter, sender, clock } = await runExporter({
    ...direct,
    retry_on_failure: { initial_interval: '300ms', max_interval: '300ms', max_elapsed_time: '1s' },
  })
  sender.script = () => {
    throw unavailable()
  }
  const call = outcomeOf(exporter.consumeTraces(someTraces(), { signal }))
  await clock.advance(1_000)
  const error = await call

  expect(messageOf(error)).toBe('no more retries left: connection refused')
  expect(isPermanent(error)).toBe(false)
  expect(error).toMatchObject({ grpcStatus: 14, code: 'NETWORK_ERROR' })
  expect(sender.attempts).toHaveLength(4)
})

it('EXP-22: never gives up with max_elapsed_time 0', async () => {
  const { exporter, sender, clock } = await runExporter({
    ...direct,
    retry_on_failure: { max_elapsed_time: '0s' },
  })
  let failures = 200
  sender.script = () => {
    if (failures-- > 0) throw unavailable()
  }
  const call = exporter.consumeTraces(someTraces(), { signal })
  await clock.advance(200 * 30_000)
  await expect(call).resolves.toBeUndefined()
})

it('EXP-23: does not repeat what is refused for good', async () => {
  const { exporter, sender } = await runExporter(direct)
  sender.script = () => {
    throw new PermanentError('EXPORT_REFUSED', 'bad data', { grpcStatus: 3 })
  }
  const error = await outcomeOf(exporter.consumeTraces(someTraces(), { signal }))

  expect(messageOf(error)).toBe('not retryable error: bad data')
  expect(error).toMatchObject({ permanent: true, grpcStatus: 3 })
  expect(sender.attempts).toHaveLength(1)
})

it('EXP-24: does not wait beyond the deadline of the caller', async () => {
  const { exporter, sender } = await runExporter(direct)
  sender.script = () => {
    throw unavailable()
  }
  const error = await outcomeOf(exporter.consumeTraces(someTraces(), { signal, deadline: 4_999 }))

  expect(messageOf(error)).toBe('request will be cancelled before next retry: connection refused')
})

it('EXP-24: stops waiting when the caller gives up', async () => {
  const { exporter, sender, clock } = await runExporter(direct)
  const caller = new AbortController()
  sender.script = () => {
    throw unavailable()
  }
  const call = outcomeOf(exporter.consumeTraces(someTraces(), { signal: caller.signal }))
  await clock.advance(1)
  caller.abort()

  expect(messageOf(await call)).toBe('request will be cancelled before next retry: connection refused')
  expect(clock.pending).toBe(0)
})

it('EXP-25: logs at most one retry in ten seconds and counts the others', async () => {
  const { exporter, sender, clock, telemetry } = await runExporter({
    ...direct,
    retry_on_failure: { initial_interval: '1s', multiplier: 1, randomization_factor: 0 },
  })
  sender.script = () => {
    throw unavailable()
  }
  void outcomeOf(exporter.consumeTraces(someTraces(), { signal }))
  await clock.advance(10_500)

  const lines = telemetry.logger.lines.filter(
    ({ message }) => message === 'Exporting failed. Will retry the request after interval.',
  )
  expect(lines.map(({ level }) => level)).toEqual(['info', 'info'])
  expect(lines[0]?.fields).toMatchObject({ interval: '1000ms' })
  expect(messageOf(lines[0]?.fields['error'])).toBe('connection refused')
  expect(lines[1]?.fields).toMatchObject({ suppressed: 9 })
})

it('EXP-27: sends only the part again that was not delivered', async () => {
  const { exporter, sender, clock, metric } = await runExporter(direct)
  const all = someTraces(5)
  const rest = all.split(2, 'items').slice(1)
  sender.script = (_, { attempt }) => {
    const [first] = rest
    if (attempt === 1 && first) throw new UndeliveredError(first, 'PARTLY', 'one partition is down')
  }
  const call = exporter.consumeTraces(all, { signal })
  await clock.advance(5_000)
  await call

  expect(sender.attempts.map(({ context }) => context.spanCount)).toEqual([5, 2])
  expect(idsOf(sender.delivered)).toEqual(idsOf(rest.slice(0, 1)))
  expect(await metric('otelcol_exporter_sent_spans')).toBe(5)
})

it('EXP-27: counts the delivered part as sent when the rest is given up', async () => {
  const { exporter, sender, metric } = await runExporter({ ...direct, retry_on_failure: { enabled: false } })
  const rest = someTraces(2)
  sender.script = () => {
    throw new UndeliveredError(rest, 'PARTLY', 'one partition is down')
  }
  await outcomeOf(exporter.consumeTraces(someTraces(5), { signal }))

  expect(await metric('otelcol_exporter_sent_spans')).toBe(3)
  expect(await metric('otelcol_exporter_send_failed_spans')).toBe(2)
})

it('makes one attempt with retries off, and answers with its error', async () => {
  const { exporter, sender } = await runExporter({ ...direct, retry_on_failure: { enabled: false } })
  const failure = new ThrottleError('THROTTLED', 'slow down', { retryAfterMs: 3_000 })
  sender.script = () => {
    throw failure
  }
  const error = await outcomeOf(exporter.consumeTraces(someTraces(), { signal }))

  expect(error).toBe(failure)
  expect(retryAfterMs(error)).toBe(3_000)
  expect(sender.attempts).toHaveLength(1)
})

describe('timeout', () => {
  it('ends an attempt and aborts its signal, also of a sender that does not listen', async () => {
    const { exporter, sender, clock } = await runExporter({
      ...direct,
      timeout: '2s',
      retry_on_failure: { enabled: false },
    })
    sender.script = () => new Promise(() => undefined)
    const call = outcomeOf(exporter.consumeTraces(someTraces(), { signal }))
    await clock.advance(1_999)
    expect(sender.attempts[0]?.context.signal.aborted).toBe(false)
    await clock.advance(1)

    expect(await call).toMatchObject({ code: 'TIMEOUT', permanent: false, grpcStatus: 4 })
    expect(sender.attempts[0]?.context.signal.aborted).toBe(true)
  })

  it('counts for each attempt, not for the whole', async () => {
    const { exporter, sender, clock } = await runExporter({ ...direct, timeout: '2s' })
    sender.script = (_, { attempt }) => (attempt < 3 ? new Promise(() => undefined) : undefined)
    const call = exporter.consumeTraces(someTraces(), { signal })
    await clock.advance(60_000)

    await expect(call).resolves.toBeUndefined()
    expect(clock.pending).toBe(0)
  })

  it('is off with 0', async () => {
    expect(deliveryConfig({ timeout: '0s' }).timeout).toBe(0)
    const { exporter, sender, clock } = await runExporter({ ...direct, timeout: '0s' })
    const gate = Promise.withResolvers<void>()
    sender.script = () => gate.promise
    const call = exporter.consumeTraces(someTraces(), { signal })
    await clock.advance(3_600_000)
    gate.resolve()

    await expect(call).resolves.toBeUndefined()
  })
})
