import { systemClock } from '@spanloom/core'
import { testHost, testTelemetry } from '@spanloom/core/testing'
import { startLocalEventHubs } from '@spanloom/eventhubs/local'
import { expect, it, onTestFinished, vi } from 'vitest'

import { createHubConsumer, createHubProducer } from '../src/index.ts'
import { consumerConfig, producerConfig } from './hub-settings.ts'
import { recordingMeter } from './recording-meter.ts'
import { numbered, patienceMs, sendUntilTaken, soon } from './start-clients.ts'

const inPartition = (id: string): Readonly<Record<string, string>> => ({
  'messaging.destination.partition.id': id,
})

it('counts what it sends and what it could not send', { timeout: patienceMs }, async () => {
  const hub = await startLocalEventHubs({ hubs: [{ name: 'flows', partitions: 2 }] })
  onTestFinished(() => hub.close())
  const { meter, read } = recordingMeter()
  const producer = createHubProducer({
    id: 'hub',
    config: producerConfig({ connection: hub.connectionString('flows') }),
    telemetry: testTelemetry(meter),
    clock: systemClock,
  })
  onTestFinished(() => producer.close(soon()))
  await producer.open(testHost())
  await producer.send(numbered(30), { signal: soon() })
  hub.faults.throttle({ count: 1 })
  await expect(producer.send(numbered(1), { signal: soon() })).rejects.toMatchObject({ code: 'HUB_BUSY' })
  expect(read('otelcol_eventhub_sent_events', { 'messaging.destination.name': 'flows' })).toBe(30)
  expect(read('otelcol_eventhub_sent_bytes')).toBeGreaterThan(30 * 2)
  expect(read('otelcol_eventhub_batch_events')).toBe(1)
  expect(read('otelcol_eventhub_send_failures', { 'error.type': 'HUB_BUSY' })).toBe(1)
  expect(read('otelcol_eventhub_throttles')).toBe(1)
  expect(read('otelcol_eventhub_in_flight')).toBe(0)
  hub.faults.destroyConnections()
  await sendUntilTaken(producer, numbered(1))
  expect(read('otelcol_eventhub_reconnects')).toBe(1)
})

it('shows what it reads, how far behind it is, and what it owns', { timeout: 2 * patienceMs }, async () => {
  const hub = await startLocalEventHubs({ hubs: [{ name: 'flows', partitions: 2 }] })
  onTestFinished(() => hub.close())
  const { meter, read } = recordingMeter()
  const blocked = Promise.withResolvers<void>()
  const consumer = createHubConsumer({
    id: 'hub',
    config: consumerConfig({
      connection: hub.connectionString('flows'),
      poll_rate: 0.5,
      load_balancing: { update_interval: '100ms', ownership_expiration: '1s' },
      max_poll_events: 10,
    }),
    telemetry: testTelemetry(meter),
    clock: systemClock,
    onEvents: ({ partitionId }) => (partitionId === '1' ? blocked.promise : Promise.resolve()),
  })
  onTestFinished(() => consumer.shutdown(soon()))
  for (let index = 0; index < 40; index++) hub.append('flows', index % 2, `e${index}`)
  await consumer.start(testHost())
  const waitFor = (check: () => void): Promise<void> =>
    vi.waitFor(check, { timeout: patienceMs, interval: 20 })
  await waitFor(() => expect(read('otelcol_eventhub_received_events', inPartition('0'))).toBe(20))
  await waitFor(() => expect(read('otelcol_eventhub_lag_events', inPartition('1'))).toBe(20))
  expect(read('otelcol_eventhub_received_events', inPartition('1'))).toBe(0)
  expect(read('otelcol_eventhub_owned_partitions')).toBe(2)
  blocked.resolve()
  await waitFor(() => expect(read('otelcol_eventhub_received_events')).toBe(40))
  await waitFor(() => expect(read('otelcol_eventhub_lag_events')).toBe(0))
  await waitFor(() => expect(read('otelcol_eventhub_checkpoint_age')).toBe(0))
  expect(read('otelcol_eventhub_received_bytes')).toBe(10 * 2 + 30 * 3)
})
