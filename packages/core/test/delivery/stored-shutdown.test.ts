import { expect, it } from 'vitest'

import { RetryableError } from '../../src/errors/errors.ts'
import { idsOf, someTraces } from './some-traces.ts'
import { StoredExporters } from './stored-exporter.ts'

const { signal } = new AbortController()
const down = (): never => {
  throw new RetryableError('NETWORK_ERROR', 'connection refused', { grpcStatus: 14 })
}

it('EXP-60, EXP-62: ends waits, begins no attempt, and keeps everything', async () => {
  const rig = new StoredExporters({ num_consumers: 2 })
  rig.sender.script = down
  const { consume, exporter, telemetry } = await rig.start()
  for (let index = 0; index < 20; index++) await consume(someTraces(2))
  await rig.settle()
  const { length } = rig.sender.attempts
  await exporter.shutdown(signal)

  expect(rig.sender.attempts).toHaveLength(length)
  expect(rig.file.stats()).toMatchObject({ pending: 20, pendingItems: 40, dead: 0 })
  expect(telemetry.dropped.size).toBe(0)
  expect([telemetry.heldNow(), telemetry.counts.kept]).toEqual([0, 40])
  expect(rig.clock.pending).toBe(0)
  expect(telemetry.logger.lines.filter(({ level }) => level === 'error')).toEqual([])
  expect(telemetry.logger.lines).toContainEqual({
    level: 'info',
    message: 'Requests stay in storage until the next start.',
    fields: { requests: 20, spans: 40 },
  })
})

it('EXP-62: waits for attempts that are on their way', async () => {
  const rig = new StoredExporters({ num_consumers: 1 })
  const gate = Promise.withResolvers<void>()
  rig.sender.script = () => gate.promise
  const { consume, exporter } = await rig.start()
  const traces = [someTraces(), someTraces()]
  for (const each of traces) await consume(each)
  await rig.settle()
  const stopping = exporter.shutdown(signal)
  gate.resolve()
  await stopping
  expect(rig.sender.deliveredIds).toEqual(idsOf(traces.slice(0, 1)))
  expect(rig.file.pending.map(({ id }) => id)).toEqual([2])
  expect(rig.sender.stopped).toBe(true)
})

it.each([true, false])(
  'EXP-44, vector 36: deletes nothing while the destination is down, retries on: %s',
  async (enabled) => {
    const rig = new StoredExporters({ num_consumers: 2 }, { retry_on_failure: { enabled } })
    const gate = Promise.withResolvers<void>()
    rig.sender.script = async () => {
      await gate.promise
      down()
    }
    const { consume, exporter } = await rig.start()
    const traces = Array.from({ length: 20 }, () => someTraces())
    for (const each of traces) await consume(each)
    const stopping = exporter.shutdown(signal)
    gate.resolve()
    await stopping
    expect(rig.file.stats()).toMatchObject({ pending: 20, dead: 0 })

    rig.sender.script = () => undefined
    await rig.start()
    await rig.clock.advance(60_000)
    await rig.settle()
    expect(new Set(rig.sender.deliveredIds)).toEqual(new Set(idsOf(traces)))
    expect(rig.file.pending).toHaveLength(0)
  },
)

it('vector 36: without retries, what had failed before the stop is delivered after the restart, too', async () => {
  const rig = new StoredExporters({}, { retry_on_failure: { enabled: false } })
  rig.sender.script = down
  const { consume, exporter } = await rig.start()
  const traces = Array.from({ length: 20 }, () => someTraces())
  for (const each of traces) await consume(each)
  await rig.settle()
  await exporter.shutdown(signal)
  rig.sender.script = () => undefined
  await rig.start()
  await rig.settle()
  expect(rig.sender.deliveredIds).toEqual(idsOf(traces))
})

it('EXP-62, EXP-64: what ends with the shutdown stays stored, and nothing counts as lost', async () => {
  const rig = new StoredExporters({ num_consumers: 3 })
  rig.sender.script = () => new Promise(() => undefined)
  const { consume, exporter, telemetry, metric } = await rig.start()
  const traces = Array.from({ length: 10 }, () => someTraces(5))
  for (const each of traces) await consume(each)
  await rig.settle()
  const limit = new AbortController()
  const stopping = exporter.shutdown(limit.signal)
  await rig.settle()
  limit.abort()
  await stopping

  expect(rig.sender.attempts).toHaveLength(3)
  expect(rig.sender.attempts.every(({ context }) => context.signal.aborted)).toBe(true)
  expect(rig.file.pending.map(({ attempts }) => attempts)).toEqual(Array(10).fill(0))
  expect(await metric('otelcol_exporter_send_failed_spans')).toBe(0)
  expect(telemetry.dropped.size).toBe(0)
  expect(telemetry.logger.lines.filter(({ level }) => level === 'error')).toEqual([])

  rig.sender.script = () => undefined
  await rig.start()
  await rig.settle()
  expect(rig.sender.deliveredIds).toEqual(idsOf(traces))
})

it('EXP-63: stores the batch that is filling and answers its senders', async () => {
  const rig = new StoredExporters({ batch: {} })
  rig.sender.script = down
  const { consume, exporter } = await rig.start()
  const answers = Promise.all([consume(someTraces()), consume(someTraces(2))])
  await rig.settle()
  await exporter.shutdown(signal)
  await answers
  expect(rig.file.pending.map(({ items }) => items)).toEqual([3])
  expect(rig.clock.pending).toBe(0)
})

it('refuses data from then on, and frees callers that wait for space', async () => {
  const rig = new StoredExporters({ queue_size: 1, num_consumers: 1, block_on_overflow: true })
  rig.sender.script = () => new Promise(() => undefined)
  const { consume, exporter } = await rig.start()
  await consume(someTraces())
  const blocked = consume(someTraces())
  await rig.settle()
  const stopping = exporter.shutdown(AbortSignal.abort())
  await expect(blocked).rejects.toMatchObject({ code: 'SHUTDOWN', permanent: false })
  await expect(consume(someTraces())).rejects.toMatchObject({ code: 'SHUTDOWN' })
  await stopping
})

it('SIG-04: stops twice, and without a start', async () => {
  const rig = new StoredExporters()
  await rig.create().exporter.shutdown(signal)
  const { exporter } = await rig.start()
  await exporter.shutdown(signal)
  await exporter.shutdown(signal)
  await expect(rig.start()).resolves.toBeDefined()
})

it('leaves the file to the next exporter when it cannot read it', async () => {
  const rig = new StoredExporters()
  rig.storage.fail()
  await expect(rig.start()).rejects.toThrow('does not work')
  rig.storage.mend()
  await expect(rig.start()).resolves.toBeDefined()
})

it('EXP-62: begins no attempt whose body comes from disk during the stop', async () => {
  const rig = new StoredExporters()
  rig.sender.script = () => new Promise(() => undefined)
  const first = await rig.start()
  await first.consume(someTraces())
  rig.crash()
  const { length } = rig.sender.attempts

  const { exporter } = await rig.start()
  const commits = rig.storage.commits
  while (rig.storage.commits < commits + 1) await new Promise(setImmediate)
  await exporter.shutdown(signal)
  expect(rig.sender.attempts).toHaveLength(length)
  expect(rig.file.pending).toHaveLength(1)
})

it('answers a sender that comes in the same moment as the stop, and means it', async () => {
  const rig = new StoredExporters({ batch: {} })
  const { consume, exporter } = await rig.start()
  const answers = Promise.allSettled([consume(someTraces()), consume(someTraces())])
  await exporter.shutdown(signal)
  const stored = (await answers).filter(({ status }) => status === 'fulfilled').length
  expect(rig.file.stats().pendingItems).toBe(stored)
  expect(rig.clock.pending).toBe(0)
})
