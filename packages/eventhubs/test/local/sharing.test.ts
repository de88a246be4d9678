import {
  type CheckpointStore,
  earliestEventPosition,
  EventHubConsumerClient,
  type PartitionContext,
  type ReceivedEventData,
} from '@azure/event-hubs'
import { expect, it, vi } from 'vitest'

import { quick, readFrom, sequences } from './azure-clients.ts'
import { memoryCheckpoints } from './memory-checkpoints.ts'
import { startHubs } from './start-hubs.ts'

interface Member extends AsyncDisposable {
  readonly owned: ReadonlySet<string>
  readonly events: ReceivedEventData[]
}

/** A reader that shares the partitions with others through a checkpoint store, and checkpoints every batch. */
function join(connectionString: string, store: CheckpointStore): Member {
  const client = new EventHubConsumerClient('$Default', connectionString, store, {
    ...quick,
    loadBalancingOptions: {
      strategy: 'greedy',
      updateIntervalInMs: 100,
      partitionOwnershipExpirationIntervalInMs: 5_000,
    },
  })
  const owned = new Set<string>()
  const events: ReceivedEventData[] = []
  const subscription = client.subscribe(
    {
      processInitialize({ partitionId }: PartitionContext) {
        owned.add(partitionId)
        return Promise.resolve()
      },
      processClose(_reason, { partitionId }: PartitionContext) {
        owned.delete(partitionId)
        return Promise.resolve()
      },
      async processEvents(batch, context) {
        events.push(...batch)
        const last = batch.at(-1)
        if (last !== undefined) await context.updateCheckpoint(last)
      },
      processError: () => Promise.resolve(),
    },
    { startPosition: earliestEventPosition, maxBatchSize: 100, maxWaitTimeInSeconds: 1 },
  )
  return {
    owned,
    events,
    async [Symbol.asyncDispose]() {
      await subscription.close()
      await client.close()
    },
  }
}

it('goes on behind the checkpoint', async () => {
  await using hubs = await startHubs()
  const store = memoryCheckpoints()
  for (let i = 0; i < 40; i += 1) hubs.append('flows', i % 4, `event ${i}`)
  {
    await using first = join(hubs.connectionString('flows'), store)
    await vi.waitFor(() => expect(first.events).toHaveLength(40), 10_000)
  }
  for (let i = 0; i < 8; i += 1) hubs.append('flows', i % 4, `more ${i}`)

  await using second = join(hubs.connectionString('flows'), store)
  await vi.waitFor(() => expect(second.events).toHaveLength(8), 10_000)

  expect(sequences(second.events).toSorted((a, b) => a - b)).toEqual([10, 10, 10, 10, 11, 11, 11, 11])
})

it('lets two readers share, and one take over when the other leaves', async () => {
  await using hubs = await startHubs()
  const store = memoryCheckpoints()
  await using first = join(hubs.connectionString('flows'), store)
  await vi.waitFor(() => expect(first.owned.size).toBe(4), 10_000)
  {
    await using second = join(hubs.connectionString('flows'), store)
    await vi.waitFor(() => expect([first.owned.size, second.owned.size]).toEqual([2, 2]), 10_000)
  }

  await vi.waitFor(() => expect(first.owned.size).toBe(4), 10_000)

  for (let partition = 0; partition < 4; partition += 1) hubs.append('flows', partition, 'event')
  await vi.waitFor(() => expect(first.events).toHaveLength(4), 10_000)
})

it('gives a partition to the reader with the higher epoch', async () => {
  await using hubs = await startHubs()
  await using low = readFrom(hubs.connectionString('flows'), earliestEventPosition, {
    partition: '0',
    ownerLevel: 1,
  })
  await low.untilOpen()

  await using high = readFrom(hubs.connectionString('flows'), earliestEventPosition, {
    partition: '0',
    ownerLevel: 2,
  })
  const error = await low.untilError()
  hubs.append('flows', 0, 'event')
  await high.until(1)

  expect(error).toMatchObject({ code: 'ReceiverDisconnectedError' })
})

it.for([
  ['a lower epoch', 0],
  ['no epoch', undefined],
] as const)('refuses a reader with %s while one with an epoch is there', async ([, ownerLevel]) => {
  await using hubs = await startHubs()
  await using high = readFrom(hubs.connectionString('flows'), earliestEventPosition, {
    partition: '0',
    ownerLevel: 5,
  })
  await high.untilOpen()

  await using refused = readFrom(hubs.connectionString('flows'), earliestEventPosition, {
    partition: '0',
    ...(ownerLevel !== undefined && { ownerLevel }),
  })

  expect(await refused.untilError()).toMatchObject({ code: 'ReceiverDisconnectedError' })
  expect(high.errors).toEqual([])
})

it('admits five readers without an epoch in a consumer group, and five more in another', async () => {
  await using hubs = await startHubs()
  const connectionString = hubs.connectionString('flows')
  await using readers = new AsyncDisposableStack()
  const admitted = ['$Default', 'other'].flatMap((group) =>
    Array.from({ length: 5 }, () =>
      readers.use(readFrom(connectionString, earliestEventPosition, { partition: '0', group })),
    ),
  )
  await Promise.all(admitted.map((reader) => reader.untilOpen()))

  await using sixth = readFrom(connectionString, earliestEventPosition, { partition: '0' })

  expect(await sixth.untilError()).toMatchObject({ code: 'QuotaExceededError' })
})

it('takes a partition from its reader on demand', async () => {
  await using hubs = await startHubs()
  await using reader = readFrom(hubs.connectionString('flows'), earliestEventPosition, {
    partition: '0',
    ownerLevel: 1,
  })
  await reader.untilOpen()

  expect(hubs.faults.stealOwnership('flows', '0')).toBe(1)
  expect(hubs.faults.stealOwnership('flows', '1')).toBe(0)

  expect(await reader.untilError()).toMatchObject({ code: 'ReceiverDisconnectedError' })
})

it('lets a reader without an epoch in once the one with an epoch has left', async () => {
  await using hubs = await startHubs()
  hubs.append('flows', 0, 'event')
  const connectionString = hubs.connectionString('flows')
  {
    await using high = readFrom(connectionString, earliestEventPosition, { partition: '0', ownerLevel: 5 })
    await high.until(1)
  }

  await using next = readFrom(connectionString, earliestEventPosition, { partition: '0' })

  expect(await next.until(1)).toHaveLength(1)
})
