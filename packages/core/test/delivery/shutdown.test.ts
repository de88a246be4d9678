import { expect, it } from 'vitest'

import { RetryableError } from '../../src/errors/errors.ts'
import { settle } from '../../src/testing/index.ts'
import { runExporter } from './running-exporter.ts'
import { someTraces } from './some-traces.ts'

const { signal } = new AbortController()
const unavailable = (): RetryableError =>
  new RetryableError('NETWORK_ERROR', 'connection refused', { grpcStatus: 14 })

it('EXP-61, vector 17: delivers everything that is queued', async () => {
  const { exporter, sender, telemetry } = await runExporter({ sending_queue: { num_consumers: 2 } })
  sender.script = () => settle()
  for (let index = 0; index < 1_000; index++) await exporter.consumeTraces(someTraces(), { signal })
  await exporter.shutdown(signal)

  expect(sender.delivered).toHaveLength(1_000)
  expect(sender.stopped).toBe(true)
  expect(telemetry.logger.lines.filter(({ level }) => level === 'error')).toEqual([])
})

it('EXP-60, EXP-61: ends waits, tries the others once, and says what was lost', async () => {
  const { exporter, sender, clock, telemetry, metric } = await runExporter({
    sending_queue: { num_consumers: 2 },
  })
  sender.script = () => {
    throw unavailable()
  }
  for (let index = 0; index < 6; index++) await exporter.consumeTraces(someTraces(2), { signal })
  await settle()
  expect(sender.attempts).toHaveLength(2)

  await exporter.shutdown(signal)
  expect(sender.attempts).toHaveLength(6)
  expect(telemetry.dropped.get('shutdown')).toBe(12)
  expect(await metric('otelcol_exporter_send_failed_spans')).toBe(12)
  expect(telemetry.logger.lines.at(-1)).toEqual({
    level: 'error',
    message: 'Spans were lost at shutdown.',
    fields: { lost_spans: 12 },
  })
  expect(clock.pending).toBe(0)
})

it('EXP-63: flushes the batch that is filling', async () => {
  const { exporter, sender, clock } = await runExporter({ sending_queue: { batch: {} } })
  for (let index = 0; index < 3; index++) await exporter.consumeTraces(someTraces(), { signal })
  await exporter.shutdown(signal)

  expect(sender.delivered.map(({ spanCount }) => spanCount)).toEqual([3])
  expect(clock.pending).toBe(0)
})

it('EXP-64, vector 18: gives up when the signal aborts, and counts the rest exactly', async () => {
  const { exporter, sender, telemetry, metric } = await runExporter({ sending_queue: { num_consumers: 3 } })
  sender.script = () => new Promise(() => undefined)
  for (let index = 0; index < 10; index++) await exporter.consumeTraces(someTraces(5), { signal })
  const limit = new AbortController()
  const stopping = exporter.shutdown(limit.signal)
  await settle()
  limit.abort()
  await stopping

  expect(sender.attempts).toHaveLength(3)
  expect(sender.attempts.every(({ context }) => context.signal.aborted)).toBe(true)
  expect(telemetry.dropped.get('shutdown')).toBe(50)
  expect(await metric('otelcol_exporter_send_failed_spans')).toBe(50)
  expect(telemetry.heldNow()).toBe(0)
  expect(telemetry.logger.lines.at(-1)?.fields).toEqual({ lost_spans: 50 })
})

it('waits for a call without queue, and answers it when time is over', async () => {
  const { exporter, sender } = await runExporter({ sending_queue: { enabled: false } })
  sender.script = () => new Promise(() => undefined)
  const call = exporter.consumeTraces(someTraces(), { signal })
  const limit = new AbortController()
  const stopping = exporter.shutdown(limit.signal)
  limit.abort()

  await expect(call).rejects.toThrow('shutting down')
  await expect(stopping).resolves.toBeUndefined()
})

it('waits for a call without queue until it is done', async () => {
  const { exporter, sender } = await runExporter({ sending_queue: { enabled: false } })
  const gate = Promise.withResolvers<void>()
  sender.script = () => gate.promise
  const call = exporter.consumeTraces(someTraces(), { signal })
  const stopping = exporter.shutdown(signal)
  await settle()
  expect(sender.stopped).toBe(false)

  gate.resolve()
  await Promise.all([call, stopping])
  expect(sender.stopped).toBe(true)
})

it('refuses data from then on, and frees callers that wait for space', async () => {
  const { exporter, sender } = await runExporter({
    sending_queue: { queue_size: 1, num_consumers: 1, block_on_overflow: true },
  })
  const gate = Promise.withResolvers<void>()
  sender.script = () => gate.promise
  await exporter.consumeTraces(someTraces(), { signal })
  const blocked = exporter.consumeTraces(someTraces(), { signal })
  const stopping = exporter.shutdown(signal)

  await expect(blocked).rejects.toMatchObject({ code: 'SHUTDOWN', permanent: false })
  await expect(exporter.consumeTraces(someTraces(), { signal })).rejects.toMatchObject({ code: 'SHUTDOWN' })
  gate.resolve()
  await stopping
  expect(sender.delivered).toHaveLength(1)
})

it('SIG-04: a second call with less patience ends the first', async () => {
  const { exporter, sender } = await runExporter()
  sender.script = () => new Promise(() => undefined)
  await exporter.consumeTraces(someTraces(), { signal })
  const patient = exporter.shutdown(signal)
  await settle()
  await exporter.shutdown(AbortSignal.abort())

  await expect(patient).resolves.toBeUndefined()
})
