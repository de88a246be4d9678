import { earliestEventPosition } from '@azure/event-hubs'
import { fakeClock } from '@spanloom/core/testing'
import { expect, it, vi } from 'vitest'

import { produceTo, quick, readFrom, sequences } from './azure-clients.ts'
import { startHubs } from './start-hubs.ts'

const event = { body: Buffer.from('event') }

it('throttles as often as told, then takes events again', async () => {
  await using hubs = await startHubs()
  await using producer = produceTo(hubs.connectionString('flows'), {
    retryOptions: { maxRetries: 2, retryDelayInMs: 1, timeoutInMs: 5_000 },
  })
  hubs.faults.throttle({ count: 2 })

  await producer.sendBatch([event])

  expect(hubs.read('flows')).toHaveLength(1)
})

it('throttles for ever until it is cleared', async () => {
  await using hubs = await startHubs()
  await using producer = produceTo(hubs.connectionString('flows'), {
    retryOptions: { maxRetries: 2, retryDelayInMs: 1, timeoutInMs: 5_000 },
  })
  hubs.faults.throttle()

  const failure = await producer.sendBatch([event]).catch((error: unknown) => error)

  expect(failure).toBeInstanceOf(AggregateError)
  expect(failure).toMatchObject({
    errors: Array.from({ length: 3 }, () => expect.objectContaining({ code: 'ServerBusyError' })),
  })
  hubs.faults.clear()
  await producer.sendBatch([event])
  expect(hubs.read('flows')).toHaveLength(1)
})

it.for([
  ['amqp:resource-limit-exceeded', 'QuotaExceededError'],
  ['amqp:link:message-size-exceeded', 'MessageTooLargeError'],
  ['com.microsoft:timeout', 'ServiceUnavailableError'],
  ['amqp:not-allowed', 'InvalidOperationError'],
  ['com.example:unheard-of', undefined],
] as const)('rejects a send with %s', async ([condition, code]) => {
  await using hubs = await startHubs()
  await using producer = produceTo(hubs.connectionString('flows'))
  hubs.faults.rejectSends({ condition, description: 'On demand.' }, { count: 1 })

  const failure: unknown = await producer.sendBatch([event]).catch((error: unknown) => error)

  expect(failure).toMatchObject({
    name: 'MessagingError',
    message: 'On demand.',
    ...(code !== undefined && { code }),
  })
  expect(hubs.read('flows')).toHaveLength(0)
})

it('stores at once and answers late', async () => {
  const clock = fakeClock()
  await using hubs = await startHubs({ clock })
  await using producer = produceTo(hubs.connectionString('flows'))
  hubs.faults.delayOutcomes(60_000, { count: 1 })
  let isSent = false
  const sending = (async () => {
    await producer.sendBatch([event])
    isSent = true
  })()
  await vi.waitFor(() => expect(hubs.read('flows')).toHaveLength(1), 10_000)
  expect(isSent).toBe(false)

  await clock.advance(60_000)
  await sending

  expect(isSent).toBe(true)
})

it('stores and breaks the connection instead of answering', async () => {
  await using hubs = await startHubs()
  await using producer = produceTo(hubs.connectionString('flows'), {
    retryOptions: { maxRetries: 1, retryDelayInMs: 1, timeoutInMs: 2_000 },
  })
  hubs.faults.loseOutcomes({ count: 1 })

  await producer.sendBatch([event])

  expect(hubs.read('flows')).toHaveLength(2)
})

it('refuses tokens on demand', async () => {
  await using hubs = await startHubs()
  await using producer = produceTo(hubs.connectionString('flows'))
  hubs.faults.refuseTokens({ count: 1 })

  await expect(producer.sendBatch([event])).rejects.toMatchObject({ code: 'UnauthorizedError' })
  await producer.sendBatch([event])
})

it('answers management requests with server busy on demand', async () => {
  await using hubs = await startHubs()
  await using producer = produceTo(hubs.connectionString('flows'))
  hubs.faults.refuseManagement({ count: 1 })

  await expect(producer.getPartitionIds()).rejects.toMatchObject({ code: 'ServerBusyError' })
  expect(await producer.getPartitionIds()).toHaveLength(4)
})

it('refuses the links that a filter picks out', async () => {
  await using hubs = await startHubs()
  await using producer = produceTo(hubs.connectionString('flows'))
  const error = { condition: 'amqp:not-allowed', description: 'Not now.' }
  hubs.faults.refuseLinks(error, { partition: '1', direction: 'send' })

  await producer.sendBatch([event], { partitionId: '0' })

  await expect(producer.sendBatch([event], { partitionId: '1' })).rejects.toMatchObject({
    code: 'InvalidOperationError',
  })
})

it.for(['detachLinks', 'closeConnections', 'destroyConnections'] as const)(
  'a reader goes on where it was after %s',
  async (fault) => {
    await using hubs = await startHubs()
    await using reading = readFrom(
      hubs.connectionString('flows'),
      earliestEventPosition,
      { partition: '0' },
      {
        retryOptions: { maxRetries: 3, retryDelayInMs: 1, timeoutInMs: 1_000 },
      },
    )
    hubs.append('flows', 0, 'before')
    await reading.until(1)

    expect(hubs.faults[fault]()).toBe(1)
    hubs.append('flows', 0, 'after')

    expect(sequences(await reading.until(2))).toEqual([0, 1])
  },
)

it('detaches the link of a sender, which opens another', async () => {
  await using hubs = await startHubs()
  await using producer = produceTo(hubs.connectionString('flows'))
  await producer.sendBatch([event])

  expect(hubs.faults.detachLinks({ hub: 'flows', direction: 'receive' })).toBe(0)
  expect(hubs.faults.detachLinks({ hub: 'flows', direction: 'send' })).toBe(1)
  // The answer comes behind the detach; a send before that would wait for an outcome in vain.
  await producer.getPartitionIds()
  await producer.sendBatch([event])

  expect(hubs.read('flows')).toHaveLength(2)
})

it('refuses what is larger than the limit of the link', async () => {
  await using hubs = await startHubs({ maxMessageSize: 10_000 })
  await using producer = produceTo(hubs.connectionString('flows'))

  const batch = await producer.createBatch()
  expect(batch.maxSizeInBytes).toBe(10_000)
  expect(batch.tryAdd({ body: Buffer.alloc(10_000) })).toBe(false)

  await expect(producer.sendBatch([{ body: Buffer.alloc(15_000) }])).rejects.toMatchObject({
    code: 'MessageTooLargeError',
  })
})

it('does not know other hubs and consumer groups', async () => {
  await using hubs = await startHubs()
  await using producer = produceTo(hubs.connectionString('floes'))
  await using reading = readFrom(hubs.connectionString('flows'), earliestEventPosition, {
    partition: '0',
    group: 'nobody',
  })

  await expect(producer.sendBatch([event])).rejects.toMatchObject({ code: 'MessagingEntityNotFoundError' })
  await expect(producer.getPartitionIds()).rejects.toMatchObject({ code: 'MessagingEntityNotFoundError' })
  expect(await reading.untilError()).toMatchObject({ code: 'MessagingEntityNotFoundError' })
})

it('frees everything when a client closes', async () => {
  await using hubs = await startHubs()
  {
    await using producer = produceTo(hubs.connectionString('flows'), quick)
    await producer.sendBatch([event])
    expect(hubs.connections).toBe(1)
  }

  await vi.waitFor(() => expect(hubs.connections).toBe(0), 10_000)
})
