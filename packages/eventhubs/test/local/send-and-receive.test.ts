import { earliestEventPosition } from '@azure/event-hubs'
import { expect, it } from 'vitest'

import { type LocalEventHubs, startLocalEventHubs } from '../../src/local/index.ts'
import { produceTo, readFrom, textOf } from './azure-clients.ts'

async function start(): Promise<LocalEventHubs & AsyncDisposable> {
  const hubs = await startLocalEventHubs({ hubs: [{ name: 'flows', partitions: 4 }] })
  return Object.assign(hubs, { [Symbol.asyncDispose]: () => hubs.close() })
}

it('tells the official client about hub and partitions', async () => {
  await using hubs = await start()
  await using producer = produceTo(hubs.connectionString('flows'))

  const hub = await producer.getEventHubProperties()
  const partition = await producer.getPartitionProperties('1')

  expect(hub).toMatchObject({ name: 'flows', partitionIds: ['0', '1', '2', '3'] })
  expect(partition).toMatchObject({ partitionId: '1', isEmpty: true, lastEnqueuedSequenceNumber: -1 })
})

it('brings events back as they were sent', async () => {
  await using hubs = await start()
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
