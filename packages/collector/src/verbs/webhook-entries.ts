import { decodeAttributes } from '@spanloom/core'
import type { OfflineQueue } from '@spanloom/extension-storage/offline'

import { entriesOf, type Entry, type StateFlag } from './queue-entries.ts'

/** A notification that waits or was given up, and whose it is. */
export interface NotificationEntry extends Entry {
  readonly endpoint: string
  readonly eventType: string
}

/** Notifications in a queue; entries of other exporters are passed over. */
export function* notificationsOf(queue: OfflineQueue, state: StateFlag): Generator<NotificationEntry> {
  for (const entry of entriesOf(queue, state)) {
    const metadata = metadataOf(entry)
    const endpoint = metadata?.get('endpoint')?.[0]
    if (endpoint !== undefined && metadata?.has('webhook-format') === true) {
      yield { ...entry, endpoint, eventType: metadata?.get('event-type')?.[0] ?? '' }
    }
  }
}

function metadataOf({ record }: Entry): ReadonlyMap<string, readonly string[]> | undefined {
  try {
    return decodeAttributes(record.attributes).metadata
  } catch {
    return undefined
  }
}
