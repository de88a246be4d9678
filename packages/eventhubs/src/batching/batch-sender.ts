import type { OutgoingEvent } from '../event.ts'

/** Where a batch goes: to one partition, to whichever has the key, or anywhere. */
export type Destination =
  | { readonly kind: 'any' }
  | { readonly kind: 'key'; readonly key: string }
  | { readonly kind: 'partition'; readonly id: string }

/** A batch that is being filled. */
export interface OpenBatch {
  readonly count: number
  readonly bytes: number
  /** Adds the event unless the batch would become too large. */
  tryAdd(event: OutgoingEvent): boolean
  /** Resolves when the hub has stored the batch; rejects with what the client threw. */
  send(signal: AbortSignal): Promise<void>
}

/** How a protocol sends. */
export interface BatchSender {
  /** Whether the client has to choose the partition of every event, as with Kafka. */
  readonly choosesPartition: boolean
  /** Real limit of a batch in bytes. */
  limit(signal?: AbortSignal): Promise<number>
  partitionIds(signal?: AbortSignal): Promise<readonly string[]>
  begin(destination: Destination, maxBytes: number, signal: AbortSignal): Promise<OpenBatch>
  close(signal: AbortSignal): Promise<void>
}
