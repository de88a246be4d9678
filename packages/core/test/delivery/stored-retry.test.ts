import { describe, expect, it } from 'vitest'

import { UndeliveredError } from '../../src/delivery/sender.ts'
import { PermanentError, RetryableError } from '../../src/errors/errors.ts'
import { Traces } from '../../src/traces/index.ts'
import { idsOf, someTraces } from './some-traces.ts'
import { StoredExporters } from './stored-exporter.ts'

const unavailable = (): RetryableError =>
  new RetryableError('NETWORK_ERROR', 'connection refused', { grpcStatus: 14 })
const steady = { retry_on_failure: { randomization_factor: 0 } }
const down = (): never => {
  throw unavailable()
}

describe('retry with storage', () => {
  it('writes a failed attempt back and reads the body again for the next one', async () => {
    const rig = new StoredExporters({}, steady)
    rig.sender.script = down
    const { consume, metric } = await rig.start()
    const traces = someTraces()
    await consume(traces)
    await rig.settle()
    expect(rig.file.pending).toMatchObject([
      { attempts: 1, dueMs: rig.clock.now() + 5_000, lastStatus: 14, lastError: 'connection refused' },
    ])
    expect(await metric('otelcol_exporter_in_flight_requests')).toBe(0)

    rig.sender.script = () => undefined
    await rig.clock.advance(4_999)
    expect(rig.sender.attempts).toHaveLength(1)
    await rig.clock.advance(1)
    expect(rig.sender.deliveredIds).toEqual(idsOf([traces]))
    expect(rig.sender.attempts.map(({ context }) => context.attempt)).toEqual([1, 2])
    expect(rig.sender.encoded).toBe(1)
    await rig.settle()
    expect(rig.file.pending).toHaveLength(0)
  })

  it('EXP-20: lets the waits grow to their limit', async () => {
    const rig = new StoredExporters(
      {},
      { retry_on_failure: { randomization_factor: 0, max_interval: '10s' } },
    )
    const times: number[] = []
    rig.sender.script = () => {
      times.push(rig.clock.monotonic())
      throw unavailable()
    }
    const { consume } = await rig.start()
    await consume(someTraces())
    await rig.clock.advance(35_000)
    const waits = times.slice(1).map((time, index) => time - (times[index] ?? 0))
    expect(waits).toEqual([5_000, 7_500, 10_000, 10_000])
  })

  it('EXP-21: waits as long as the destination asks', async () => {
    const rig = new StoredExporters({}, steady)
    rig.sender.script = () => {
      throw new RetryableError('BUSY', 'busy', { retryAfterMs: 60_000 })
    }
    const { consume } = await rig.start()
    await consume(someTraces())
    await rig.clock.advance(59_999)
    expect(rig.sender.attempts).toHaveLength(1)
    await rig.clock.advance(1)
    expect(rig.sender.attempts).toHaveLength(2)
  })

  it('does not let one that fails stand in the way of the others', async () => {
    const rig = new StoredExporters({ num_consumers: 1 }, steady)
    const poison = someTraces()
    const [poisoned] = idsOf([poison])
    rig.sender.script = (traces) => {
      if (idsOf([traces])[0] === poisoned) throw unavailable()
    }
    const { consume } = await rig.start()
    const healthy = Array.from({ length: 20 }, () => someTraces())
    await consume(poison)
    for (const each of healthy) await consume(each)
    await rig.clock.advance(5_000)
    await rig.settle()
    expect(rig.sender.deliveredIds).toEqual(idsOf(healthy))
    expect(rig.file.pending).toHaveLength(1)
  })

  it('EXP-26: a destination that is down meets few requests, and few use up their time', async () => {
    const rig = new StoredExporters({ num_consumers: 3 }, steady)
    rig.sender.script = down
    const { consume } = await rig.start()
    const traces = Array.from({ length: 300 }, () => someTraces())
    for (const each of traces) await consume(each)
    await rig.settle()
    expect(rig.sender.attempts).toHaveLength(3)
    for (let minute = 0; minute < 4; minute++) await rig.clock.advance(60_000)
    const met = new Set(rig.sender.attempts.flatMap((attempt) => idsOf([attempt.traces])))
    expect(met.size).toBeLessThan(20)
    expect(rig.sender.attempts.length).toBeLessThan(120)

    rig.sender.script = () => undefined
    await rig.clock.advance(30_000)
    await rig.settle()
    expect(new Set(rig.sender.deliveredIds)).toEqual(new Set(idsOf(traces)))
    const first = rig.sender.attempts.filter(({ context }) => context.attempt === 1)
    expect(first.flatMap((attempt) => idsOf([attempt.traces]))).toEqual(idsOf(traces))
  })

  it('EXP-27: sends only the rest again, and knows its age', async () => {
    const rig = new StoredExporters(
      {},
      { retry_on_failure: { randomization_factor: 0, max_interval: '10s', max_elapsed_time: '30s' } },
    )
    const traces = someTraces(5)
    const [rest = Traces.empty] = traces.split(2, 'items')
    rig.sender.script = ({ spanCount }) => {
      if (spanCount === 5) throw new UndeliveredError(rest, 'PARTLY', 'took three')
      throw unavailable()
    }
    const { consume, metric, telemetry } = await rig.start()
    await consume(traces)
    await rig.settle()
    expect(rig.file.pending).toMatchObject([{ items: 2 }])
    expect(await metric('otelcol_exporter_sent_spans')).toBe(3)
    expect(telemetry.heldNow()).toBe(2)

    await rig.clock.advance(60_000)
    await rig.settle()
    expect(rig.sender.attempts.map(({ context }) => context.attempt)).toEqual([1, 2, 3, 4])
    expect(rig.file.deadLetters).toMatchObject([{ items: 2 }])
    expect(telemetry.heldNow()).toBe(0)
  })

  it('sends the whole request again when there is no room for the rest', async () => {
    const rig = new StoredExporters({}, steady)
    const traces = someTraces(5)
    const [rest = Traces.empty] = traces.split(2, 'items')
    rig.sender.script = () => {
      rig.storage.refuse()
      throw new UndeliveredError(rest, 'PARTLY', 'took three')
    }
    const { consume } = await rig.start()
    await consume(traces)
    await rig.settle()
    rig.sender.script = () => undefined
    await rig.clock.advance(5_000)
    await rig.settle()
    expect(rig.sender.deliveredIds).toEqual(idsOf([traces]))
  })

  it('goes on when the disk did not give a body', async () => {
    const rig = new StoredExporters({ num_consumers: 1 })
    rig.sender.script = () => new Promise(() => undefined)
    const first = await rig.start()
    const traces = [someTraces(), someTraces()]
    for (const each of traces) await first.consume(each)
    rig.crash()

    rig.sender.script = () => rig.storage.fail()
    const { telemetry } = await rig.start()
    await rig.settle()
    rig.sender.script = () => undefined
    rig.storage.mend()
    await rig.clock.advance(5_000)
    await rig.settle()
    expect(rig.sender.deliveredIds).toEqual(idsOf(traces))
    expect(telemetry.logger.lines).toContainEqual(
      expect.objectContaining({ message: 'The stored queue cannot be read or changed.' }),
    )
  })

  it('EXP-25: says at most every 10 s that it retries', async () => {
    const rig = new StoredExporters({ num_consumers: 5 }, steady)
    rig.sender.script = down
    const { consume, telemetry } = await rig.start()
    for (let index = 0; index < 5; index++) await consume(someTraces())
    await rig.settle()
    const lines = telemetry.logger.lines.filter(({ message }) => message.includes('Will retry'))
    expect(lines).toHaveLength(1)
    expect(lines[0]?.fields).toMatchObject({ interval: '5000ms' })
  })
})

describe('EXP-28: dead letters', () => {
  const refuse = (): never => {
    throw new PermanentError('HTTP_400', 'Bad Request', { grpcStatus: 3 })
  }

  it('EXP-23: keeps what was refused for good, with reason, time and attempts', async () => {
    const rig = new StoredExporters()
    rig.sender.script = refuse
    const { consume, metric, telemetry } = await rig.start()
    await consume(someTraces(3))
    await rig.settle()
    expect(rig.file.pending).toHaveLength(0)
    expect(rig.file.deadLetters).toMatchObject([
      {
        attempts: 1,
        items: 3,
        dueMs: rig.clock.now(),
        lastStatus: 3,
        lastError: 'permanent_error: not retryable error: Bad Request',
      },
    ])
    expect(telemetry.dropped.get('permanent_error')).toBe(3)
    expect(telemetry.heldNow()).toBe(0)
    expect(await metric('otelcol_exporter_dead_letters')).toBe(1)
    expect(await metric('otelcol_exporter_send_failed_spans')).toBe(3)
    expect(await metric('otelcol_exporter_queue_size')).toBe(0)
    expect(telemetry.logger.lines.at(-1)).toMatchObject({
      level: 'error',
      message: 'Exporting failed. Keeping data as a dead letter.',
      fields: { dropped_items: 3 },
    })
  })

  it('EXP-22: keeps what ran out of time since its first attempt', async () => {
    const rig = new StoredExporters(
      { num_consumers: 1 },
      { retry_on_failure: { randomization_factor: 0, max_elapsed_time: '30s' } },
    )
    rig.sender.script = down
    const { consume, telemetry } = await rig.start()
    await consume(someTraces())
    await rig.clock.advance(60_000)
    expect(rig.file.deadLetters).toMatchObject([
      { attempts: 4, lastError: 'retries_exhausted: no more retries left: connection refused' },
    ])
    expect(telemetry.dropped.get('retries_exhausted')).toBe(1)
  })

  it('counts the time of a request that an earlier run attempted from its creation', async () => {
    const rig = new StoredExporters({ num_consumers: 1 }, steady)
    rig.sender.script = down
    const first = await rig.start()
    await first.consume(someTraces())
    await rig.settle()
    rig.crash()
    await rig.clock.advance(3_600_000)
    await rig.start()
    await rig.settle()
    expect(rig.file.deadLetters).toMatchObject([{ attempts: 2 }])
  })

  it('gives one that waited long for its first attempt all its time', async () => {
    const rig = new StoredExporters({ num_consumers: 1 }, steady)
    rig.sender.script = () => new Promise(() => undefined)
    const first = await rig.start()
    await first.consume(someTraces())
    rig.crash()
    await rig.clock.advance(3_600_000)
    rig.sender.script = down
    await rig.start()
    await rig.settle()
    expect(rig.file.deadLetters).toHaveLength(0)
    expect(rig.file.pending).toMatchObject([{ attempts: 1 }])
  })

  it('drops them when switched off', async () => {
    const rig = new StoredExporters({ dead_letters: { enabled: false } })
    rig.sender.script = refuse
    const { consume, metric, telemetry } = await rig.start()
    await consume(someTraces(3))
    await rig.settle()
    expect([rig.file.pending, rig.file.deadLetters]).toEqual([[], []])
    expect(telemetry.dropped.get('permanent_error')).toBe(3)
    expect(await metric('otelcol_exporter_dead_letters')).toBe(0)
    expect(telemetry.logger.lines.at(-1)?.message).toBe('Exporting failed. Dropping data.')
  })

  it('keeps no more than max_requests, the newest, and counts the others', async () => {
    const rig = new StoredExporters({ num_consumers: 1, dead_letters: { max_requests: 3 } })
    rig.sender.script = refuse
    const { consume, metric } = await rig.start()
    for (let index = 0; index < 10; index++) await consume(someTraces())
    await rig.settle()
    expect(rig.file.deadLetters.map(({ id }) => id)).toEqual([8, 9, 10])
    expect(await metric('otelcol_exporter_dead_letters')).toBe(3)
    expect(await metric('otelcol_exporter_dead_letters_removed')).toBe(7)
  })

  it('removes those that are too old, also at the start', async () => {
    const rig = new StoredExporters({ dead_letters: { max_age: '2h' } })
    rig.sender.script = refuse
    const first = await rig.start()
    await first.consume(someTraces())
    await rig.clock.advance(3_600_000)
    await first.consume(someTraces())
    await rig.settle()
    await rig.clock.advance(3_600_000)
    expect(rig.file.deadLetters).toHaveLength(2)
    await rig.clock.advance(3_600_000)
    await rig.settle()
    expect(rig.file.deadLetters.map(({ id }) => id)).toEqual([2])
    rig.crash()
    await rig.clock.advance(3_600_000)

    const second = await rig.start()
    await rig.settle()
    expect(rig.file.deadLetters).toHaveLength(0)
    expect(await second.metric('otelcol_exporter_dead_letters')).toBe(0)
  })

  it('keeps the request pending when it cannot be moved', async () => {
    const rig = new StoredExporters()
    rig.sender.script = () => {
      rig.storage.fail()
      return refuse()
    }
    const { consume, telemetry } = await rig.start()
    await consume(someTraces())
    await rig.settle()
    expect(rig.file.pending).toHaveLength(1)
    expect(telemetry.dropped.size).toBe(0)

    rig.storage.mend()
    rig.sender.script = refuse
    await rig.clock.advance(5_000)
    await rig.settle()
    expect(rig.file.deadLetters).toHaveLength(1)
    expect(telemetry.dropped.get('permanent_error')).toBe(1)
  })

  it('without retries: gives up at once, and tries once more after a restart', async () => {
    const rig = new StoredExporters({}, { retry_on_failure: { enabled: false } })
    rig.sender.script = down
    const first = await rig.start()
    const traces = someTraces(2)
    await first.consume(traces)
    await rig.settle()
    expect(rig.sender.attempts).toHaveLength(1)
    expect(rig.file.deadLetters).toMatchObject([{ lastError: 'send_failed: connection refused' }])
    expect(first.telemetry.dropped.get('send_failed')).toBe(2)
    rig.crash()

    rig.sender.script = () => undefined
    const second = await rig.start()
    await rig.settle()
    expect(rig.sender.deliveredIds).toEqual(idsOf([traces]))
    expect(second.telemetry.counts.created).toBe(2)
  })

  it('leaves dead letters of other reasons alone at a restart', async () => {
    const rig = new StoredExporters()
    rig.sender.script = refuse
    const first = await rig.start()
    await first.consume(someTraces())
    await rig.settle()
    rig.crash()
    const second = await rig.start()
    await rig.settle()
    expect(rig.sender.attempts).toHaveLength(1)
    expect(await second.metric('otelcol_exporter_dead_letters')).toBe(1)
  })
})
