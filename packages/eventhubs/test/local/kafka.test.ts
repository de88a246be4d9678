import { once } from 'node:events'
import { connect } from 'node:net'

import { Consumer, Producer, stringDeserializers, stringSerializers } from '@platformatic/kafka'
import { testAuthority } from '@spanloom/core/testing'
import { expect, it, vi } from 'vitest'

import type { LocalEventHubs } from '../../src/local/index.ts'
import { produceTo, readFrom, textOf } from './azure-clients.ts'
import { startHubs } from './start-hubs.ts'

const authority = testAuthority()

function kafkaHubs(options: Parameters<typeof startHubs>[0] = {}): Promise<LocalEventHubs> {
  return startHubs({ kafkaPort: 0, ...options })
}

function clientOptions(hubs: LocalEventHubs, password = hubs.connectionString()) {
  return {
    clientId: 'test',
    bootstrapBrokers: [`localhost:${hubs.kafkaPort}`],
    sasl: { mechanism: 'PLAIN' as const, username: '$ConnectionString', password },
    retries: 0,
    connectTimeout: 5_000,
  }
}

type TextProducer = Producer<string, string, string, string>

function producerTo(hubs: LocalEventHubs, options: object = {}): TextProducer & AsyncDisposable {
  const producer = new Producer({
    ...clientOptions(hubs),
    serializers: stringSerializers,
    autocreateTopics: false,
    ...options,
  })
  producer.on('error', () => undefined)
  return Object.assign(producer, { [Symbol.asyncDispose]: () => producer.close() })
}

interface Group extends AsyncDisposable {
  readonly lines: string[]
  readonly partitions: () => number[]
}

/** A member of a consumer group that commits everything it gets. */
async function join(hubs: LocalEventHubs, groupId: string): Promise<Group> {
  const consumer = new Consumer({
    ...clientOptions(hubs),
    groupId,
    deserializers: stringDeserializers,
    sessionTimeout: 6_000,
    heartbeatInterval: 100,
    rebalanceTimeout: 6_000,
    maxWaitTime: 200,
  })
  consumer.on('error', () => undefined)
  const lines: string[] = []
  const stream = await consumer.consume({
    topics: ['flows'],
    mode: 'committed',
    fallbackMode: 'earliest',
    autocommit: false,
  })
  stream.on('error', () => undefined)
  stream.on('data', (message) => {
    lines.push(`${message.partition}/${message.offset} ${message.key} ${message.value}`)
    void message.commit()
  })
  return {
    lines,
    partitions: () => [...(consumer.assignments ?? [])].flatMap(({ partitions }) => partitions),
    async [Symbol.asyncDispose]() {
      await consumer.close(true)
    },
  }
}

it('brings records back to Kafka clients', async () => {
  await using hubs = await kafkaHubs()
  await using producer = producerTo(hubs)

  await producer.send({
    messages: [
      { topic: 'flows', partition: 1, key: 'k', value: 'one', headers: { a: 'b' } },
      { topic: 'flows', partition: 1, key: 'k', value: 'two' },
    ],
  })
  await using group = await join(hubs, 'readers')
  await vi.waitFor(() => expect(group.lines).toHaveLength(2), 10_000)

  expect(group.lines).toEqual(['1/0 k one', '1/1 k two'])
  expect(hubs.read('flows', 1)[0]).toMatchObject({ partitionKey: 'k', properties: { a: Buffer.from('b') } })
})

it('speaks TLS', async () => {
  await using hubs = await kafkaHubs({ tls: authority.issue() })
  await using producer = producerTo(hubs, { tls: { ca: authority.cert }, tlsServerName: true })

  await producer.send({ messages: [{ topic: 'flows', partition: 0, value: 'secret' }] })

  expect(hubs.read('flows')).toHaveLength(1)
})

it.for(['none', 'gzip'] as const)('takes records with the compression %s', async (compression) => {
  await using hubs = await kafkaHubs()
  await using producer = producerTo(hubs, { compression })
  const values = Array.from({ length: 500 }, (_, i) => `record ${i}`)

  await producer.send({ messages: values.map((value) => ({ topic: 'flows', partition: 0, value })) })

  expect(hubs.read('flows').map(({ body }) => Buffer.from(body).toString())).toEqual(values)
})

it('refuses other compressions', async () => {
  await using hubs = await kafkaHubs()
  await using producer = producerTo(hubs, { compression: 'zstd' })

  const sending = producer.send({ messages: [{ topic: 'flows', partition: 0, value: 'x' }] })

  expect(await apiErrors(sending)).toEqual(['UNSUPPORTED_COMPRESSION_TYPE'])
})

it('lets members share the partitions, and one take over when another leaves', async () => {
  await using hubs = await kafkaHubs()
  await using first = await join(hubs, 'readers')
  await vi.waitFor(() => expect(first.partitions()).toHaveLength(4), 10_000)
  {
    await using second = await join(hubs, 'readers')
    await vi.waitFor(
      () => expect([first.partitions().length, second.partitions().length]).toEqual([2, 2]),
      10_000,
    )
  }

  await vi.waitFor(() => expect(first.partitions()).toHaveLength(4), 10_000)

  for (let partition = 0; partition < 4; partition += 1) hubs.append('flows', partition, 'event')
  await vi.waitFor(() => expect(first.lines).toHaveLength(4), 10_000)
}, 30_000)

it('goes on behind the committed offset, each group for itself', async () => {
  await using hubs = await kafkaHubs()
  hubs.append('flows', 0, 'one')
  {
    await using before = await join(hubs, 'readers')
    await vi.waitFor(() => expect(before.lines).toHaveLength(1), 10_000)
  }
  hubs.append('flows', 0, 'two')

  await using after = await join(hubs, 'readers')
  await using other = await join(hubs, 'others')
  await vi.waitFor(() => expect([after.lines.length, other.lines.length]).toEqual([1, 2]), 10_000)

  expect(after.lines).toEqual(['0/1 null two'])
}, 30_000)

it('carries events between the protocols', async () => {
  await using hubs = await kafkaHubs()
  await using amqpProducer = produceTo(hubs.connectionString('flows'))
  await using kafkaProducer = producerTo(hubs)
  await amqpProducer.sendBatch([{ body: Buffer.from('over AMQP'), properties: { a: 'text' } }], {
    partitionId: '0',
  })
  await kafkaProducer.send({
    messages: [{ topic: 'flows', partition: 0, value: 'over Kafka', headers: { a: 'text' } }],
  })
  const headers: Buffer[] = []
  const consumer = new Consumer({ ...clientOptions(hubs), groupId: 'g', maxWaitTime: 200 })
  const stream = await consumer.consume({ topics: ['flows'], mode: 'earliest', autocommit: false })
  stream.on('data', (message) => headers.push(...message.headers.values()))

  await using reading = readFrom(hubs.connectionString('flows'), { offset: '-1' }, { partition: '0' })
  const events = await reading.until(2)
  await vi.waitFor(() => expect(headers).toHaveLength(2), 10_000)
  await consumer.close(true)

  expect(events.map((event) => textOf(event))).toEqual(['over AMQP', 'over Kafka'])
  expect(events[1]?.properties).toEqual({ a: Buffer.from('text') })
  expect(headers).toEqual([Buffer.from([0xa1, 4, ...Buffer.from('text')]), Buffer.from('text')])
})

it.for<[string, (hubs: LocalEventHubs) => string]>([
  ['the wrong key', (hubs) => hubs.connectionString().replace(hubs.key, 'wrong')],
  ['what is no connection string', () => 'password'],
])('refuses %s', async ([, password]) => {
  await using hubs = await kafkaHubs()
  await using producer = producerTo(hubs, clientOptions(hubs, password(hubs)))

  const sending = producer.send({ messages: [{ topic: 'flows', partition: 0, value: 'x' }] })

  expect(await apiErrors(sending)).toContain('SASL_AUTHENTICATION_FAILED')
  expect(hubs.read('flows')).toEqual([])
})

it('accepts a bearer token', async () => {
  await using hubs = await kafkaHubs()
  await using producer = producerTo(hubs, { sasl: { mechanism: 'OAUTHBEARER', token: 'aaa.bbb.ccc' } })

  await producer.send({ messages: [{ topic: 'flows', partition: 0, value: 'x' }] })

  expect(hubs.read('flows')).toHaveLength(1)
})

it.for([
  ['throttle', 'POLICY_VIOLATION'],
  ['refuseTokens', 'SASL_AUTHENTICATION_FAILED'],
] as const)('shows %s to Kafka clients too', async ([fault, error]) => {
  await using hubs = await kafkaHubs()
  await using producer = producerTo(hubs)
  const send = (): Promise<unknown> =>
    producer.send({ messages: [{ topic: 'flows', partition: 0, value: 'x' }] })
  hubs.faults[fault]({ count: 1 })

  expect(await apiErrors(send())).toContain(error)
  await send()

  expect(hubs.read('flows')).toHaveLength(1)
})

it('stores and hangs up when outcomes are lost', async () => {
  await using hubs = await kafkaHubs()
  await using producer = producerTo(hubs)
  hubs.faults.loseOutcomes({ count: 1 })

  const failure = await producer
    .send({ messages: [{ topic: 'flows', partition: 0, value: 'x' }] })
    .catch((error: unknown) => error)

  expect(failure).toBeInstanceOf(Error)
  expect(hubs.read('flows')).toHaveLength(1)
})

it('refuses records over the limit, and hubs that are not there', async () => {
  await using hubs = await kafkaHubs({ maxMessageSize: 10_000 })
  await using producer = producerTo(hubs)

  const large = producer.send({ messages: [{ topic: 'flows', partition: 0, value: 'x'.repeat(12_000) }] })
  expect(await apiErrors(large)).toEqual(['MESSAGE_TOO_LARGE'])
  const missing = producer.send({ messages: [{ topic: 'floes', partition: 0, value: 'x' }] })
  expect(await apiErrors(missing)).toContain('UNKNOWN_TOPIC_OR_PARTITION')
})

it.for<[string, Buffer]>([
  ['a frame of 2 GB', Buffer.from([0x7f, 0xff, 0xff, 0xff])],
  ['a request before the log-in', Buffer.from([0, 0, 0, 10, 0, 3, 0, 1, 0, 0, 0, 1, 0xff, 0xff])],
  ['a version that is too new', Buffer.from([0, 0, 0, 10, 0, 3, 0, 9, 0, 0, 0, 1, 0xff, 0xff])],
  ['a request that ends early', Buffer.from([0, 0, 0, 4, 0, 17, 0, 1])],
  ['another protocol', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
])('hangs up on %s', async ([, bytes]) => {
  await using hubs = await kafkaHubs()
  const socket = connect(hubs.kafkaPort ?? 0, '127.0.0.1')
  socket.resume()

  socket.write(bytes)
  await once(socket, 'close')

  await vi.waitFor(() => expect(hubs.connections).toBe(0))
})

/** Names of the errors of the protocol in what a promise is rejected with, without repetition. */
async function apiErrors(work: Promise<unknown>): Promise<string[]> {
  const failure: unknown = await work.catch((error: unknown) => error)
  return [...new Set(namesIn(failure))]
}

function namesIn(error: unknown): string[] {
  if (!(error instanceof Error)) return []
  const own = 'apiId' in error && typeof error.apiId === 'string' ? [error.apiId] : []
  const inner = 'errors' in error && Array.isArray(error.errors) ? error.errors : []
  return [...own, ...[...inner, error.cause].flatMap((each: unknown) => namesIn(each))]
}
