import type { OutgoingEvent } from '../event.ts'
import type { Destination } from './batch-sender.ts'
import { partitionOfKey } from './key-hash.ts'

/** Events with one destination, in their order. */
export interface Route {
  readonly destination: Destination
  readonly events: readonly OutgoingEvent[]
}

/**
 * Sorts events by where they go. With `partitionIds` keys are turned into partitions here, so that many keys share
 * batches; otherwise each key has batches of its own and the service chooses.
 */
export function routesOf(
  events: readonly OutgoingEvent[],
  partitionIds: readonly string[] | undefined,
): readonly Route[] {
  // The usual case, and the one where many events make the cost of each one count.
  if (events.every(isFree)) return events.length === 0 ? [] : [{ destination: anywhere, events }]
  const routes = new Map<string, { destination: Destination; events: OutgoingEvent[] }>()
  for (const event of events) {
    const destination = destinationOf(event, partitionIds)
    const lane = laneOf(destination)
    const route = routes.get(lane)
    if (route) route.events.push(event)
    else routes.set(lane, { destination, events: [event] })
  }
  return [...routes.values()]
}

const anywhere: Destination = { kind: 'any' }

const isFree = ({ partitionId, partitionKey }: OutgoingEvent): boolean =>
  partitionId === undefined && partitionKey === undefined

/** Name of a destination. */
export function laneOf(destination: Destination): string {
  switch (destination.kind) {
    case 'any':
      return ''
    case 'key':
      return `k${destination.key}`
    case 'partition':
      return `p${destination.id}`
  }
}

function destinationOf(
  { partitionId, partitionKey }: OutgoingEvent,
  partitionIds: readonly string[] | undefined,
): Destination {
  if (partitionId !== undefined) return { kind: 'partition', id: partitionId }
  if (partitionKey === undefined) return anywhere
  const id = partitionIds?.[partitionOfKey(partitionKey, partitionIds.length)]
  return id === undefined ? { kind: 'key', key: partitionKey } : { kind: 'partition', id }
}
