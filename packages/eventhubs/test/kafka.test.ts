import { testAuthority } from '@spanloom/core/testing'
import {
  startLocalEventHubs,
  type LocalEventHubs,
  type LocalEventHubsOptions,
} from '@spanloom/eventhubs/local'
import { expect, it, onTestFinished, vi } from 'vitest'

import { numbered, patienceMs, soon, startConsumer, startProducer, textOf } from './start-clients.ts'

async function startHub(options: Partial<LocalEventHubsOptions> = {}): Promise<LocalEventHubs> {
  const hub = await startLocalEventHubs({
    hubs: [{ name: 'flows', partitions: 4 }],
    kafkaPort: 0,
    ...options,
  })
  onTestFinished(() => hub.close())
  return hub
}

/** Settings of the Kafka endpoint, which speaks the old versions of the service only. */
const producing = (hub: LocalEventHubs): Readonly<Record<string, unknown>> => ({
  connection: hub.connectionString('flows'),
  transport: 'kafka',
  endpoint: `localhost:${hub.kafkaPort}`,
  tls: { insecure: true },
})

const overKafka = (hub: LocalEventHubs): Readonly<Record<string, unknown>> => ({
  ...producing(hub),
  checkpoint_interval: '50ms',
})

it('sends and reads with the versions that the service knows', { timeout: patienceMs }, async () => {
  const hub = await startHub()
  const { producer } = await startProducer(producing(hub))
  await producer.send(numbered(300), { signal: soon() })
  expect(hub.read('flows')).toHaveLength(300)
  const { events, received } = await startConsumer({ settings: overKafka(hub) })
  await received(300)
  expect(new Set(events.map((event) => textOf(event)))).toEqual(
    new Set(numbered(300).map((event) => textOf(event))),
  )
})

it('speaks TLS', { timeout: patienceMs }, async () => {
  const authority = testAuthority()
  const hub = await startHub({ tls: authority.issue() })
  const tls = { ca_pem: authority.cert }
  const { producer } = await startProducer({ ...producing(hub), tls })
  await producer.send(numbered(10), { signal: soon() })
  const { received } = await startConsumer({ settings: { ...overKafka(hub), tls } })
  await received(10)
  expect(hub.read('flows')).toHaveLength(10)
})

it('reads what came in over AMQP, and the other way round', { timeout: 2 * patienceMs }, async () => {
  const hub = await startHub()
  const event = {
    body: Buffer.from('[1]'),
    partitionKey: 'k',
    contentType: 'application/json',
    properties: { tenant: 'acme', wörter: 'größer', fast: true },
  }
  const amqp = { connection: hub.connectionString('flows') }
  const overAmqp = await startProducer(amqp)
  await overAmqp.producer.send([event], { signal: soon() })
  const kafkaReader = await startConsumer({ settings: overKafka(hub) })
  await kafkaReader.received(1)
  expect(kafkaReader.events[0]).toMatchObject({ partitionKey: 'k' })
  expect({ ...kafkaReader.events[0]?.properties }).toMatchObject({
    tenant: 'acme',
    wörter: 'größer',
    fast: true,
  })

  const kafka = await startProducer(producing(hub))
  await kafka.producer.send([{ ...event, body: Buffer.from('[2]') }], { signal: soon() })
  const amqpReader = await startConsumer({ settings: amqp })
  await amqpReader.received(2)
  const [first, second] = amqpReader.events
  expect(second?.partitionId).toBe(first?.partitionId)
  expect(second?.partitionKey).toBe('k')
})

it('goes on behind what was committed, and stops between batches', { timeout: 2 * patienceMs }, async () => {
  const hub = await startHub()
  const { producer } = await startProducer(producing(hub))
  await producer.send(numbered(200), { signal: soon() })
  const first = await startConsumer({ settings: overKafka(hub) })
  await first.received(200)
  await first.stop()
  await producer.send(numbered(50, {}, 'next'), { signal: soon() })
  const second = await startConsumer({ settings: overKafka(hub) })
  await second.received(50)
  expect(second.events).toHaveLength(50)
})

it(
  'holds back all partitions while one of them waits, and goes on',
  { timeout: 2 * patienceMs },
  async () => {
    const hub = await startHub()
    const { producer } = await startProducer(producing(hub))
    for (const partitionId of ['0', '1'])
      await producer.send(numbered(500, { partitionId }, `${partitionId}-`), { signal: soon() })
    const blocked = Promise.withResolvers<void>()
    let offered = 0
    const { events, received } = await startConsumer({
      settings: { ...overKafka(hub), max_poll_events: 10, prefetch_count: 20 },
      onEvents({ partitionId }) {
        if (partitionId !== '0') return Promise.resolve()
        offered++
        return blocked.promise
      },
    })
    await vi.waitFor(() => expect(offered).toBeGreaterThan(0), { timeout: patienceMs })
    expect(events.some(({ partitionId }) => partitionId === '0')).toBe(false)
    blocked.resolve()
    await received(1_000)
    for (const id of ['0', '1'])
      expect(
        events.filter(({ partitionId }) => partitionId === id).map(({ sequenceNumber }) => sequenceNumber),
      ).toEqual(Array.from({ length: 500 }, (_, index) => index))
  },
)
