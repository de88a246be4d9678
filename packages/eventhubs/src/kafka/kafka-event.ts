import type { Message } from '@platformatic/kafka'

import type { ReceivedEvent } from '../event.ts'
import { fromKafkaHeaders } from './kafka-headers.ts'

/** Makes our form of a Kafka record; its offset is both position and sequence number. */
export function fromKafkaMessage({
  value,
  key,
  partition,
  offset,
  timestamp,
  headerEntries,
}: Message): ReceivedEvent {
  return {
    // A record may lack a value; the library's types do not say so.
    body: (value as Buffer | null | undefined) ?? new Uint8Array(),
    partitionId: String(partition),
    sequenceNumber: Number(offset),
    offset: String(offset),
    enqueuedTime: Number(timestamp),
    ...partitionKeyOf(key),
    ...fromKafkaHeaders(headerEntries),
  }
}

function partitionKeyOf(key: Buffer | null | undefined): { partitionKey?: string } {
  return key && key.byteLength > 0 ? { partitionKey: key.toString() } : {}
}
