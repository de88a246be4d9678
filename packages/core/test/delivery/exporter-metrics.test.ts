import { expect, it } from 'vitest'

import { PermanentError, RetryableError } from '../../src/errors/errors.ts'
import { settle } from '../../src/testing/index.ts'
import { runExporter } from './running-exporter.ts'
import { someTraces } from './some-traces.ts'

const { signal } = new AbortController()

it('TEL-11: every counter exists with 0 from the start', async () => {
  const { points } = await runExporter()
  const names = [
    'sent_spans',
    'send_failed_spans',
    'enqueue_failed_spans',
    'in_flight_requests',
    'queue_size',
  ]
  const values = await Promise.all(names.map((name) => points(`otelcol_exporter_${name}`)))

  expect(values.map((found) => found.map(({ value }) => value))).toEqual(names.map(() => [0]))
})

it('names the exporter, and for what is sent the destination', async () => {
  const { exporter, points } = await runExporter()
  await exporter.consumeTraces(someTraces(3), { signal })
  await settle()

  expect(await points('otelcol_exporter_sent_spans')).toMatchObject([
    { value: 3, attributes: { exporter: 'test/1', 'server.address': 'backend' } },
  ])
  expect(await points('otelcol_exporter_queue_capacity')).toMatchObject([
    { value: 1000, attributes: { exporter: 'test/1', data_type: 'traces' } },
  ])
})

it('OTE-03, OTE-09: counts what a partial success refused as failed, not as sent', async () => {
  const { exporter, sender, telemetry, metric, points } = await runExporter()
  sender.script = () => ({ rejectedSpans: 2, message: 'two were too old' })
  await exporter.consumeTraces(someTraces(5), { signal })
  await settle()

  expect(sender.attempts).toHaveLength(1)
  expect(await metric('otelcol_exporter_sent_spans')).toBe(3)
  expect(await points('otelcol_exporter_send_failed_spans')).toMatchObject([
    { value: 0 },
    { value: 2, attributes: { 'error.type': 'partial_success' } },
  ])
  expect(telemetry.dropped.get('partial_success')).toBe(2)
  expect(telemetry.logger.lines).toEqual([
    {
      level: 'warn',
      message: 'Partial success response',
      fields: { message: 'two were too old', dropped_spans: 2 },
    },
  ])
})

it('believes no destination that claims to have refused more than it got', async () => {
  const { exporter, sender, metric } = await runExporter()
  const claims = [99, -4, Number.NaN]
  sender.script = () => ({ rejectedSpans: claims.shift() ?? 0 })
  for (let index = 0; index < 3; index++) await exporter.consumeTraces(someTraces(5), { signal })
  await settle()

  expect(await metric('otelcol_exporter_sent_spans')).toBe(10)
  expect(await metric('otelcol_exporter_send_failed_spans')).toBe(5)
})

it.each([
  [new RetryableError('NETWORK_ERROR', 'x', { grpcStatus: 14 }), 'Unavailable', false],
  [new PermanentError('EXPORT_REFUSED', 'x', { grpcStatus: 3 }), 'InvalidArgument', true],
  [new RetryableError('TIMEOUT', 'x', { grpcStatus: 4 }), 'Deadline_Exceeded', false],
  [new Error('x'), '_OTHER', false],
] as const)('names the kind of failure at level detailed: %s', async (error, type, permanent) => {
  const { exporter, sender, points } = await runExporter(
    { retry_on_failure: { enabled: false } },
    { metricsLevel: 'detailed' },
  )
  sender.script = () => {
    throw error
  }
  await exporter.consumeTraces(someTraces(), { signal })
  await settle()

  expect((await points('otelcol_exporter_send_failed_spans')).at(-1)).toMatchObject({
    value: 1,
    attributes: { 'error.type': type, 'error.permanent': permanent },
  })
})

it('records sizes at level detailed only', async () => {
  const basic = await runExporter()
  const detailed = await runExporter(
    { sending_queue: { batch: { min_size: 4 } } },
    { metricsLevel: 'detailed' },
  )
  for (const { exporter } of [basic, detailed])
    for (const spans of [1, 3]) await exporter.consumeTraces(someTraces(spans), { signal })
  await settle()

  expect(await basic.points('otelcol_exporter_enqueue_size')).toEqual([])
  expect(await detailed.points('otelcol_exporter_enqueue_size')).toMatchObject([
    { value: { count: 2, sum: 4 } },
  ])
  expect(await detailed.points('otelcol_exporter_queue_batch_send_size')).toMatchObject([
    { value: { count: 1, sum: 4 } },
  ])
  expect(await detailed.points('otelcol_exporter_enqueue_size_bytes')).toHaveLength(1)
})
