import { expect, it } from 'vitest'

import { PermanentError, RetryableError } from '../../src/errors/errors.ts'
import { settle, TracesSink } from '../../src/testing/index.ts'
import { runExporter } from './running-exporter.ts'
import { someTraces } from './some-traces.ts'

const { signal } = new AbortController()
const down = (): never => {
  throw new RetryableError('NETWORK_ERROR', 'connection refused', { grpcStatus: 14 })
}

it('leaves its queue to the instance in its place, also what it could not send', async () => {
  const { exporter, sender, telemetry, metric, clock } = await runExporter({
    sending_queue: { num_consumers: 2 },
  })
  sender.script = down
  for (let index = 0; index < 6; index++) await exporter.consumeTraces(someTraces(2), { signal })
  await settle()
  const heir = new TracesSink()

  exporter.succeededBy(heir)
  await exporter.shutdown(signal)

  expect(heir.spanCount).toBe(12)
  expect(sender.attempts).toHaveLength(2)
  expect(telemetry.dropped.size).toBe(0)
  expect(telemetry.heldNow()).toBe(0)
  expect(await metric('otelcol_exporter_send_failed_spans')).toBe(0)
  expect(telemetry.logger.lines.filter(({ level }) => level === 'error')).toEqual([])
  expect(clock.pending).toBe(0)
})

it('sends itself, once, what the other does not take', async () => {
  const { exporter, sender } = await runExporter({ sending_queue: { num_consumers: 1 } })
  sender.script = () => settle()
  for (let index = 0; index < 3; index++) await exporter.consumeTraces(someTraces(), { signal })
  const full = new TracesSink()
  full.refuseWith(new RetryableError('QUEUE_FULL', 'full'))

  exporter.succeededBy(full)
  await exporter.shutdown(signal)

  expect(sender.delivered).toHaveLength(3)
})

it('hands nothing over that nobody would take', async () => {
  const { exporter, sender, telemetry } = await runExporter({ sending_queue: { num_consumers: 1 } })
  const gate = Promise.withResolvers<void>()
  sender.script = async () => {
    await gate.promise
    throw new PermanentError('REFUSED', 'bad data')
  }
  await exporter.consumeTraces(someTraces(2), { signal })
  await settle()
  const heir = new TracesSink()

  exporter.succeededBy(heir)
  const stopped = exporter.shutdown(signal)
  gate.resolve()
  await stopped

  expect(heir.calls).toBe(0)
  expect(telemetry.dropped.get('permanent_error')).toBe(2)
})

it('has the other answer a call that waits for the result', async () => {
  const { exporter, sender } = await runExporter({ sending_queue: { enabled: false } })
  sender.script = down
  const call = exporter.consumeTraces(someTraces(2), { signal })
  await settle()
  const heir = new TracesSink()

  exporter.succeededBy(heir)
  await exporter.shutdown(signal)

  await call
  expect(heir.spanCount).toBe(2)
})
