/** An event as a hub delivers it, over either protocol. */
export interface ReceivedEvent {
  /** The bytes of the body, untouched. */
  readonly body: Uint8Array
  readonly partitionId: string
  /** Grows by one with each event of a partition; over Kafka the offset. */
  readonly sequenceNumber: number
  /** Opaque text; to be compared for equality only (`eventhubs.md` section 1). */
  readonly offset: string
  /** When the service took the event, in milliseconds since 1970. */
  readonly enqueuedTime: number
  readonly partitionKey?: string
  readonly contentType?: string
  readonly messageId?: string
  readonly correlationId?: string
  /** Application properties, or Kafka headers as text where they are text. Without prototype. */
  readonly properties: Readonly<Record<string, unknown>>
}

/** An event to send. */
export interface OutgoingEvent {
  readonly body: Uint8Array
  /** Events of one key keep their order and share a partition. At most 128 characters. */
  readonly partitionKey?: string
  /** Sends to this partition; not together with `partitionKey`. */
  readonly partitionId?: string
  readonly contentType?: string
  readonly messageId?: string
  readonly correlationId?: string
  /** Application properties; Kafka headers. */
  readonly properties?: Readonly<Record<string, string | number | boolean>>
}

/** Consecutive events of one partition. */
export interface EventBatch {
  readonly partitionId: string
  /** Never empty, in the order of the partition. */
  readonly events: readonly ReceivedEvent[]
  /** Aborts when the consumer shuts down or loses the partition: the outcome no longer counts. */
  readonly signal: AbortSignal
  /** Whether the reader, when it took the partition, began behind a checkpoint; absent where nobody can tell. */
  readonly resumed?: boolean
}
