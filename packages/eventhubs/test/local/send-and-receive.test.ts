import { earliestEventPosition, EventHubBufferedProducerClient } from '@azure/event-hubs'
import { expect, it } from 'vitest'

import { produceTo, quick, readFrom, textOf } from './azure-clients.ts'
import { startHubs } from './start-hubs.ts'

it('tells about a hub and its partitions', async () => {
  await using hubs = await startHubs()
  await using producer = produceTo(hubs.connectionString('flows'))
  hubs.append('flows', 2, 'one')
  hubs.append('flows', 2, 'two')

  const hub = await producer.getEventHubProperties()
  const empty = await producer.getPartitionProperties('1')
  const filled = await producer.getPartitionProperties('2')

  expect(hub).toMatchObject({ name: 'flows', partitionIds: ['0', '1', '2', '3'] })
  expect(empty).toMatchObject({ partitionId: '1', isEmpty: true, lastEnqueuedSequenceNumber: -1 })
  expect(filled).toMatchObject({
    isEmpty: false,
    beginningSequenceNumber: 0,
    lastEnqueuedSequenceNumber: 1,
    lastEnqueuedOffset: hubs.read('flows', 2)[1]?.offset,
  })
})

it('brings events back as they were sent', async () => {
  await using hubs = await startHubs()
  await using producer = produceTo(hubs.connectionString('flows'))
  const batch = await producer.createBatch({ partitionKey: 'chain-1' })
  batch.tryAdd({
    body: Buffer.from('one'),
    contentType: 'application/json',
    messageId: 'm1',
    correlationId: 'c1',
    properties: { text: 'a', whole: 7, real: 1.5, yes: true },
  })
  batch.tryAdd({ body: Buffer.from('two') })
  await producer.sendBatch(batch)
  await using reading = readFrom(hubs.connectionString('flows'), earliestEventPosition)

  const [first, second] = await reading.until(2)

  expect(first).toMatchObject({
    contentType: 'application/json',
    messageId: 'm1',
    correlationId: 'c1',
    partitionKey: 'chain-1',
    sequenceNumber: 0,
    offset: '0',
    properties: { text: 'a', whole: 7, real: 1.5, yes: true },
  })
  expect(first && textOf(first)).toBe('one')
  expect(second && textOf(second)).toBe('two')
})

it('takes bytes, objects and text as bodies', async () => {
  await using hubs = await startHubs()
  await using producer = produceTo(hubs.connectionString('flows'))

  await producer.sendBatch([{ body: Buffer.from([0, 255]) }, { body: { a: [1] } }, { body: 'text' }])

  const bodies = hubs.read('flows').map(({ body }) => Buffer.from(body).toString('latin1'))
  expect(bodies).toEqual(['\u0000\u00ff', '{"a":[1]}', '"text"'])
})

it('keeps what is sent to a partition there', async () => {
  await using hubs = await startHubs()
  await using producer = produceTo(hubs.connectionString('flows'))

  await producer.sendBatch([{ body: Buffer.from('x') }], { partitionId: '3' })

  expect(hubs.read('flows').map(({ partitionId }) => partitionId)).toEqual(['3'])
})

it('deals batches without a key out to the partitions in turn', async () => {
  await using hubs = await startHubs()
  await using producer = produceTo(hubs.connectionString('flows'))

  for (let i = 0; i < 8; i += 1) await producer.sendBatch([{ body: Buffer.from('x') }])

  expect(hubs.read('flows').map(({ partitionId }) => partitionId)).toEqual([
    '0',
    '0',
    '1',
    '1',
    '2',
    '2',
    '3',
    '3',
  ])
})

it('finds the partition of a key as a client that looks for itself', async () => {
  const keys = Array.from({ length: 40 }, (_, length) => 'kéy-of-a-chain-'.repeat(4).slice(0, length + 1))
  await using hubs = await startHubs({
    hubs: [
      { name: 'flows', partitions: 32 },
      { name: 'same', partitions: 32 },
    ],
  })
  await using producer = produceTo(hubs.connectionString('flows'))
  for (const key of keys) await producer.sendBatch([{ body: Buffer.from(key) }], { partitionKey: key })
  const buffered = new EventHubBufferedProducerClient(hubs.connectionString('same'), {
    ...quick,
    onSendEventsErrorHandler: () => Promise.resolve(),
  })
  for (const key of keys) await buffered.enqueueEvent({ body: Buffer.from(key) }, { partitionKey: key })
  await buffered.close({ flush: true })

  const places = (hub: string): [string, string][] =>
    hubs.read(hub).map(({ body, partitionId }) => [Buffer.from(body).toString(), partitionId])

  expect(new Map(places('flows')).size).toBe(keys.length)
  expect(new Map(places('flows'))).toEqual(new Map(places('same')))
})

it('delivers many large batches completely and in order', async () => {
  await using hubs = await startHubs()
  await using producer = produceTo(hubs.connectionString('flows'))
  await using reading = readFrom(hubs.connectionString('flows'), earliestEventPosition)
  for (let round = 0; round < 10; round += 1) {
    const batch = await producer.createBatch({ partitionId: '0' })
    for (let i = 0; i < 1_000; i += 1)
      batch.tryAdd({ body: Buffer.from(String(round * 1_000 + i).padEnd(600)) })
    await producer.sendBatch(batch)
  }

  const events = await reading.until(10_000)

  expect(events.map((event) => Number(textOf(event)))).toEqual(Array.from({ length: 10_000 }, (_, i) => i))
})

it('tells a reader that asks how far its partition goes', async () => {
  await using hubs = await startHubs()
  for (const body of ['a', 'b', 'c']) hubs.append('flows', 0, body)
  const told: unknown[] = []
  await using reading = readFrom(hubs.connectionString('flows'), earliestEventPosition, {
    partition: '0',
    track: true,
    onBatch: (context) => told.push({ ...context.lastEnqueuedEventProperties }),
  })

  await reading.until(3)

  expect(told[0]).toMatchObject({ sequenceNumber: 2, offset: hubs.read('flows', 0)[2]?.offset })
})
