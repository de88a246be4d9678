import { Consumer } from '@platformatic/kafka'
import { testAuthority } from '@spanloom/core/testing'
import { expect, it, vi } from 'vitest'

import { produceTo, readFrom, textOf } from './azure-clients.ts'
import { clientOptions, join, kafkaHubs, producerTo } from './kafka-clients.ts'

const authority = testAuthority()

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

  expect(after.lines).toEqual(['0/1 undefined two'])
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
  expect(hubs.read('flows', 0)[1]?.properties).toEqual({ a: Buffer.from('text') })
  expect(headers).toEqual([Buffer.from([0xa1, 4, ...Buffer.from('text')]), Buffer.from('text')])
})
