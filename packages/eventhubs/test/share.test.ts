import { startLocalEventHubs, type LocalEventHubs } from '@spanloom/eventhubs/local'
import { expect, it, onTestFinished, vi } from 'vitest'

import { startBlobStandIn, type BlobStandIn } from './blob-stand-in.ts'
import { patienceMs, startConsumer, textOf, type StartedConsumer } from './start-clients.ts'

const access = {
  kind: 'key',
  account: 'acme',
  key: Buffer.from('not really secret').toString('base64'),
} as const

interface Setup {
  readonly hub: LocalEventHubs
  readonly store: BlobStandIn
  readonly settings: Readonly<Record<string, unknown>>
}

async function setup(partitions = 4): Promise<Setup> {
  const hub = await startLocalEventHubs({ hubs: [{ name: 'flows', partitions }] })
  const store = await startBlobStandIn(access)
  onTestFinished(async () => {
    await hub.close()
    await store.close()
  })
  return {
    hub,
    store,
    settings: {
      connection: hub.connectionString('flows'),
      checkpoint_interval: '50ms',
      blob_checkpoint_store: {
        connection: `AccountName=${access.account};AccountKey=${access.key};BlobEndpoint=${store.url}`,
        container_name: 'checkpoints',
      },
    },
  }
}

function append(hub: LocalEventHubs, from: number, to: number): void {
  for (let index = from; index < to; index++) hub.append('flows', index % 4, `e${index}`)
}

/** Partitions of each owner in the store. */
function shares(store: BlobStandIn): number[] {
  const counts = new Map<string, number>()
  for (const [name, { metadata }] of store.blobs) {
    const owner = metadata.get('ownerid') ?? ''
    if (name.includes('/ownership/') && owner !== '') counts.set(owner, (counts.get(owner) ?? 0) + 1)
  }
  return [...counts.values()].toSorted((a, b) => a - b)
}

const allBodies = (...consumers: readonly StartedConsumer[]): Set<string> =>
  new Set(consumers.flatMap(({ events }) => events.map((event) => textOf(event))))

it('keeps checkpoints where all SDKs of Azure look for them', { timeout: patienceMs }, async () => {
  const { hub, store, settings } = await setup()
  append(hub, 0, 40)
  const consumer = await startConsumer({ settings: { ...settings, group: '$Default' } })
  await consumer.received(40)
  await consumer.stop()
  const checkpoint = store.blobs.get('127.0.0.1/flows/$default/checkpoint/2')
  expect(checkpoint?.metadata.get('sequencenumber')).toBe('9')
  expect(checkpoint?.metadata.get('offset')).toBe(hub.read('flows', 2).at(-1)?.offset)
  expect(store.blobs.get('127.0.0.1/flows/$default/ownership/2')?.metadata.get('ownerid')).toBe('')
})

it(
  'shares partitions between two instances, each event to one of them',
  { timeout: 2 * patienceMs },
  async () => {
    const { hub, store, settings } = await setup()
    const first = await startConsumer({ settings })
    await vi.waitFor(() => expect(shares(store)).toEqual([4]), { timeout: patienceMs })
    const second = await startConsumer({ settings })
    await vi.waitFor(() => expect(shares(store)).toEqual([2, 2]), { timeout: patienceMs })
    const lost = (): number =>
      first.telemetry.logger.lines.filter(({ message }) => message === 'Another reader took a partition.')
        .length
    await vi.waitFor(() => expect(lost()).toBe(2), { timeout: patienceMs })
    append(hub, 0, 400)
    await vi.waitFor(() => expect(allBodies(first, second).size).toBe(400), { timeout: patienceMs })
    expect(first.events.length + second.events.length).toBe(400)
    expect(Math.min(first.events.length, second.events.length)).toBe(200)
  },
)

it('takes over at once what a stopped instance gives back', { timeout: 2 * patienceMs }, async () => {
  const { hub, store, settings } = await setup()
  const first = await startConsumer({ settings })
  const second = await startConsumer({ settings })
  await vi.waitFor(() => expect(shares(store)).toEqual([2, 2]), { timeout: patienceMs })
  append(hub, 0, 200)
  await vi.waitFor(() => expect(allBodies(first, second).size).toBe(200), { timeout: patienceMs })
  await first.stop()
  append(hub, 200, 400)
  await vi.waitFor(() => expect(allBodies(first, second).size).toBe(400), { timeout: patienceMs })
  expect(shares(store)).toEqual([4])
  // Nothing was read twice but what the last checkpoint did not cover, and a clean stop covers everything.
  expect(first.events.length + second.events.length).toBe(400)
})

it(
  'goes on through an outage of the store, and reads nothing twice',
  { timeout: 2 * patienceMs },
  async () => {
    const { hub, store, settings } = await setup()
    const consumer = await startConsumer({ settings })
    append(hub, 0, 40)
    await consumer.received(40)
    store.fail(503, 10)
    append(hub, 40, 80)
    await consumer.received(80)
    await vi.waitFor(
      () =>
        expect(store.blobs.get('127.0.0.1/flows/$default/checkpoint/3')?.metadata.get('sequencenumber')).toBe(
          '19',
        ),
      {
        timeout: patienceMs,
      },
    )
    expect(consumer.events).toHaveLength(80)
  },
)

it('judges by the clock of the store, not by its own', { timeout: 2 * patienceMs }, async () => {
  const { hub, store, settings } = await setup()
  store.skewMs = 3_600_000
  const first = await startConsumer({ settings })
  const second = await startConsumer({ settings })
  await vi.waitFor(() => expect(shares(store)).toEqual([2, 2]), { timeout: patienceMs })
  append(hub, 0, 40)
  await vi.waitFor(() => expect(allBodies(first, second).size).toBe(40), { timeout: patienceMs })
})

it(
  'takes from the other instance only what is its share when a reader is stolen',
  { timeout: 2 * patienceMs },
  async () => {
    const { hub, store, settings } = await setup()
    const consumer = await startConsumer({ settings })
    append(hub, 0, 40)
    await consumer.received(40)
    for (const id of ['0', '1', '2', '3']) hub.faults.stealOwnership('flows', id)
    append(hub, 40, 80)
    await consumer.received(80)
    expect(shares(store)).toEqual([4])
  },
)

it('takes over what a dead instance owned, from its checkpoint on', { timeout: 2 * patienceMs }, async () => {
  const { hub, store, settings } = await setup()
  append(hub, 0, 40)
  const now = new Date()
  for (const id of ['0', '1', '2', '3']) {
    const offset = hub.read('flows', id).at(4)?.offset ?? ''
    const ofDead = { etag: `"${id}"`, lastModified: now }
    store.blobs.set(`127.0.0.1/flows/$default/ownership/${id}`, {
      ...ofDead,
      metadata: new Map([['ownerid', 'dead']]),
    })
    store.blobs.set(`127.0.0.1/flows/$default/checkpoint/${id}`, {
      ...ofDead,
      metadata: new Map([
        ['offset', offset],
        ['sequencenumber', '4'],
      ]),
    })
  }
  const begin = performance.now()
  const consumer = await startConsumer({ settings })
  await consumer.received(20)
  // A record counts for 2 s here, and somebody looks every 300 ms; times in the store are whole seconds.
  expect(performance.now() - begin).toBeGreaterThan(900)
  expect(consumer.events.every(({ sequenceNumber }) => sequenceNumber > 4)).toBe(true)
  expect(shares(store)).toEqual([4])
})
