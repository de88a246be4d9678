import { RetryableError } from '@spanloom/core'
import { MemoryStorage, testHost } from '@spanloom/core/testing'
import { startLocalEventHubs, type LocalEventHubs } from '@spanloom/eventhubs/local'
import { expect, it, onTestFinished, vi } from 'vitest'

import type { EventBatch } from '../src/index.ts'
import { patienceMs, soon, startConsumer, textOf } from './start-clients.ts'

async function startHub(partitions = 4): Promise<LocalEventHubs> {
  const hub = await startLocalEventHubs({ hubs: [{ name: 'flows', partitions, consumerGroups: ['other'] }] })
  onTestFinished(() => hub.close())
  return hub
}

/** Appends events with different bodies, evenly to all partitions. */
function append(hub: LocalEventHubs, from: number, to: number, partitions = 4): void {
  for (let index = from; index < to; index++) hub.append('flows', index % partitions, `e${index}`)
}

const storageHost = (storage: MemoryStorage): ReturnType<typeof testHost> =>
  testHost({
    file_storage: { storage, start: () => Promise.resolve(), shutdown: () => Promise.resolve() },
  })

it('reads everything that is there, in order within each partition', { timeout: patienceMs }, async () => {
  const hub = await startHub()
  append(hub, 0, 2_000)
  const { events, received, telemetry } = await startConsumer({
    settings: { connection: hub.connectionString('flows') },
  })
  await received(2_000)
  append(hub, 2_000, 2_400)
  await received(2_400)
  for (const partitionId of ['0', '1', '2', '3']) {
    const mine = events
      .filter((event) => event.partitionId === partitionId)
      .map((event) => event.sequenceNumber)
    expect(mine).toEqual(Array.from({ length: 600 }, (_, index) => index))
  }
  expect(telemetry.logger.lines.map(({ message }) => message)).toContain(
    'Checkpoints live in memory only: after a restart everything is read again.',
  )
})

it('hands over everything that belongs to an event', { timeout: patienceMs }, async () => {
  const hub = await startHub(1)
  hub.append('flows', 0, '[1]', {
    partitionKey: 'k',
    contentType: 'application/json',
    messageId: 'm-1',
    correlationId: 'c-1',
    properties: { tenant: 'acme', count: 3 },
  })
  const { events, received } = await startConsumer({
    settings: { connection: hub.connectionString('flows') },
  })
  await received(1)
  const [event] = events
  expect(event).toMatchObject({
    partitionId: '0',
    sequenceNumber: 0,
    partitionKey: 'k',
    contentType: 'application/json',
    messageId: 'm-1',
    correlationId: 'c-1',
  })
  expect({ ...event?.properties }).toEqual({ tenant: 'acme', count: 3 })
  expect(Object.getPrototypeOf(event?.properties)).toBeNull()
  expect(Math.abs(Date.now() - (event?.enqueuedTime ?? 0))).toBeLessThan(60_000)
})

it(
  'goes on behind its checkpoint after a restart, and at the start for another group',
  { timeout: 3 * patienceMs },
  async () => {
    const hub = await startHub()
    const storage = new MemoryStorage({ now: () => Date.now() })
    const settings = { connection: hub.connectionString('flows'), storage: 'file_storage' }
    append(hub, 0, 400)
    const first = await startConsumer({ settings, host: storageHost(storage) })
    await first.received(400)
    await first.stop()
    append(hub, 400, 480)
    const second = await startConsumer({ settings, host: storageHost(storage) })
    await second.received(80)
    await second.stop()
    expect(second.events.map((event) => textOf(event)).toSorted()).toEqual(
      Array.from({ length: 80 }, (_, index) => `e${400 + index}`).toSorted(),
    )
    const other = await startConsumer({
      settings: { ...settings, group: 'other' },
      host: storageHost(storage),
    })
    await other.received(480)
  },
)

it('starts at the end or at a time when told to', { timeout: patienceMs }, async () => {
  const hub = await startHub(1)
  append(hub, 0, 10, 1)
  const connection = hub.connectionString('flows')
  const latest = await startConsumer({ settings: { connection, initial_position: 'latest' } })
  const past = await startConsumer({ settings: { connection, initial_position: '2020-01-01T00:00:00Z' } })
  await past.received(10)
  await vi.waitFor(
    () => {
      append(hub, Date.now(), Date.now() + 1, 1)
      expect(latest.events.length).toBeGreaterThan(0)
    },
    { timeout: patienceMs, interval: 50 },
  )
  expect(latest.events.map((event) => textOf(event))).not.toContain('e9')
})

it('reads one partition behind an offset', { timeout: patienceMs }, async () => {
  const hub = await startHub()
  append(hub, 0, 40)
  const offset = hub.read('flows', 2).at(4)?.offset
  const { events, received } = await startConsumer({
    settings: { connection: hub.connectionString('flows'), partition: '2', offset },
  })
  await received(5)
  expect(events.map((event) => event.sequenceNumber)).toEqual([5, 6, 7, 8, 9])
})

it(
  'hands the same batch over again while the pipeline refuses, and remembers nothing of it',
  { timeout: 2 * patienceMs },
  async () => {
    const hub = await startHub(1)
    append(hub, 0, 50, 1)
    const storage = new MemoryStorage({ now: () => Date.now() })
    const settings = {
      connection: hub.connectionString('flows'),
      storage: 'file_storage',
      checkpoint_interval: '0s',
    }
    const refused: EventBatch[] = []
    const first = await startConsumer({
      settings,
      host: storageHost(storage),
      onEvents(batch) {
        refused.push(batch)
        return Promise.reject(new RetryableError('QUEUE_FULL', 'Full.'))
      },
    })
    await vi.waitFor(() => expect(refused.length).toBeGreaterThan(1), { timeout: patienceMs })
    expect(refused[1]?.events).toBe(refused[0]?.events)
    await first.stop()
    expect(first.events).toEqual([])
    const second = await startConsumer({ settings, host: storageHost(storage) })
    await second.received(50)
  },
)

it('never moves a checkpoint past what the pipeline has not taken', { timeout: 2 * patienceMs }, async () => {
  const hub = await startHub(1)
  append(hub, 0, 500, 1)
  const storage = new MemoryStorage({ now: () => Date.now() })
  const settings = {
    connection: hub.connectionString('flows'),
    storage: 'file_storage',
    checkpoint_interval: '0s',
    max_poll_events: 50,
  }
  const blocked = Promise.withResolvers<void>()
  let calls = 0
  const first = await startConsumer({
    settings,
    host: storageHost(storage),
    onEvents: () => (++calls <= 4 ? Promise.resolve() : blocked.promise),
  })
  await vi.waitFor(() => expect(calls).toBe(5), { timeout: patienceMs })
  const taken = first.events.length
  await first.consumer.shutdown(AbortSignal.timeout(100))
  const second = await startConsumer({ settings, host: storageHost(storage) })
  await second.received(500 - taken)
  expect(second.events[0]?.sequenceNumber).toBe(taken)
  blocked.resolve()
})

it(
  'loses nothing and keeps the order when faults of all kinds strike',
  { timeout: 4 * patienceMs },
  async () => {
    const hub = await startHub()
    const consumer = await startConsumer({ settings: { connection: hub.connectionString('flows') } })
    const faults = [
      () => undefined,
      () => void hub.faults.detachLinks({ direction: 'receive' }),
      () => void hub.faults.destroyConnections(),
      () => void hub.faults.closeConnections(),
      () => {
        hub.faults.refuseTokens({ count: 3 })
        hub.faults.destroyConnections()
      },
      () => {
        hub.faults.refuseLinks({ condition: 'com.microsoft:server-busy', description: 'Busy.' }, { count: 3 })
        hub.faults.destroyConnections()
      },
      () => hub.faults.refuseManagement({ count: 2 }),
      () => void ['0', '1', '2', '3'].map((id) => hub.faults.stealOwnership('flows', id)),
    ]
    for (const [index, strike] of faults.entries()) {
      append(hub, index * 200, index * 200 + 100)
      strike()
      append(hub, index * 200 + 100, index * 200 + 200)
      await consumer.received((index + 1) * 200)
    }
    for (const partitionId of ['0', '1', '2', '3']) {
      const firsts = new Set(
        consumer.events
          .filter((event) => event.partitionId === partitionId)
          .map((event) => event.sequenceNumber),
      )
      expect([...firsts]).toEqual(Array.from({ length: 400 }, (_, index) => index))
    }
  },
)

it('says at the start that a hub does not exist', async () => {
  const hub = await startHub()
  const started = startConsumer({ settings: { connection: hub.connectionString('nothing') } })
  await expect(started).rejects.toMatchObject({ name: 'StartError', code: 'HUB_NOT_FOUND' })
})

it('starts without a hub that answers, and reads when it is there', { timeout: 2 * patienceMs }, async () => {
  const before = await startHub(1)
  const { port, keyName, key } = before
  const connection = before.connectionString('flows')
  await before.close()
  const { received, telemetry } = await startConsumer({ settings: { connection } })
  expect(telemetry.statusEvents.map(({ kind }) => kind)).not.toContain('FatalError')
  const after = await startLocalEventHubs({ hubs: [{ name: 'flows', partitions: 1 }], port, keyName, key })
  onTestFinished(() => after.close())
  append(after, 0, 5, 1)
  await received(5)
  expect(telemetry.statusEvents.map(({ kind }) => kind)).toEqual(['RecoverableError', 'OK'])
  expect(JSON.stringify(telemetry.logger.lines)).not.toContain(key)
})

it('shuts down twice, and without a start', async () => {
  const hub = await startHub()
  const { consumer } = await startConsumer({ settings: { connection: hub.connectionString('flows') } })
  await consumer.shutdown(soon())
  await consumer.shutdown(soon())
  await vi.waitFor(() => expect(hub.connections).toBe(0))
})
