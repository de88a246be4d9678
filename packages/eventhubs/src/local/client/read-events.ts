import type {
  EventHubConsumerClient,
  EventPosition,
  ReceivedEventData,
  Subscription,
} from '@azure/event-hubs'

import type { StoredEvent } from '../events.ts'
import { clientError, connectionStringOf, type HubAccess, patience } from './hub-access.ts'

/** What to read, and how far. */
export interface ReadEventsOptions extends HubAccess {
  /** Default: `$Default`. */
  readonly consumerGroup?: string | undefined
  /** The only partition to read. Default: all. */
  readonly partition?: string | undefined
  /** Where to begin. Default: `earliest`. */
  readonly from?: 'earliest' | 'latest' | undefined
  /** Goes on until `signal` aborts, instead of ending with the last event that was there at the beginning. */
  readonly follow?: boolean | undefined
  /** Ends after so many events. */
  readonly limit?: number | undefined
  readonly signal: AbortSignal
  /** Called with every event; those of one partition come in order. */
  readonly onEvent: (event: StoredEvent) => void
}

/** Reads a hub without keeping a position anywhere; resolves with the number of events. */
export async function readEvents(options: ReadEventsOptions): Promise<number> {
  const connectionString = connectionStringOf(options)
  const { EventHubConsumerClient: Client } = await import('@azure/event-hubs')
  const client = new Client(options.consumerGroup ?? '$Default', connectionString, patience)
  const subscriptions: Subscription[] = []
  try {
    return await readAll(client, options, subscriptions)
  } catch (error) {
    throw clientError(error)
  } finally {
    await Promise.all(subscriptions.map((subscription) => subscription.close()))
    await client.close()
  }
}

async function readAll(
  client: EventHubConsumerClient,
  { partition, from = 'earliest', follow = false, limit = Infinity, signal, onEvent }: ReadEventsOptions,
  subscriptions: Subscription[],
): Promise<number> {
  const partitions = partition === undefined ? await client.getPartitionIds() : [partition]
  const infos = await Promise.all(partitions.map((id) => client.getPartitionProperties(id)))
  const unread = new Map(
    infos
      .filter(({ isEmpty }) => follow || (!isEmpty && from === 'earliest'))
      .map((info) => [info.partitionId, follow ? Infinity : info.lastEnqueuedSequenceNumber]),
  )
  const { promise: done, resolve, reject } = Promise.withResolvers<void>()
  let count = 0
  const onStop = (): void => resolve()
  signal.addEventListener('abort', onStop, { once: true })
  if (unread.size === 0 || limit <= 0 || signal.aborted) resolve()
  for (const [id, last] of unread) {
    const startPosition = positionOf(from)
    subscriptions.push(
      client.subscribe(
        id,
        {
          processEvents(events) {
            for (const event of events) {
              if (count >= limit || signal.aborted) break
              onEvent(storedEvent(event, id))
              count += 1
            }
            if ((events.at(-1)?.sequenceNumber ?? -1) >= last) unread.delete(id)
            if (unread.size === 0 || count >= limit) resolve()
            return Promise.resolve()
          },
          processError(error) {
            reject(error)
            return Promise.resolve()
          },
        },
        { startPosition, maxBatchSize: 100, maxWaitTimeInSeconds: 1, skipParsingBodyAsJson: true },
      ),
    )
  }
  try {
    await done
    return count
  } finally {
    signal.removeEventListener('abort', onStop)
  }
}

function positionOf(from: 'earliest' | 'latest'): EventPosition {
  return { offset: from === 'earliest' ? '-1' : '@latest' }
}

function storedEvent(event: ReceivedEventData, partitionId: string): StoredEvent {
  const { contentType, messageId, correlationId, partitionKey } = event
  const properties: Record<string, unknown> = Object.create(null)
  // In the copy that the client makes, binary values are objects with a key for each byte.
  const original = event.getRawAmqpMessage().applicationProperties ?? {}
  for (const [name, value] of Object.entries(original)) properties[name] = value
  return {
    body: bytesOf(event.body),
    partitionId,
    sequenceNumber: event.sequenceNumber,
    offset: event.offset,
    enqueuedTime: event.enqueuedTimeUtc.getTime(),
    ...(typeof partitionKey === 'string' && { partitionKey }),
    ...(contentType !== undefined && { contentType }),
    ...(typeof messageId === 'string' && { messageId }),
    ...(typeof correlationId === 'string' && { correlationId }),
    properties,
  }
}

function bytesOf(body: unknown): Uint8Array {
  return body instanceof Uint8Array ? body : Buffer.from(JSON.stringify(body ?? null))
}
