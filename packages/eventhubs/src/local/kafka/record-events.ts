import { binaryAt, mapEntries, sectionCode, sectionsOf } from '../amqp/sections.ts'
import { partitionKeyOf } from '../amqp/stored-message.ts'
import { decodeEvent, encodeEvent } from '../events.ts'
import type { LogEntry } from '../log/partition-log.ts'
import type { KafkaRecord } from './record-batch.ts'

/**
 * The event that a record becomes (eventhubs.md, section 10): the body is the value, headers are
 * application properties of type binary, the key is the partition key.
 */
export function eventOfRecord({ key, value, headers }: KafkaRecord): Buffer {
  return encodeEvent(value ?? Buffer.alloc(0), {
    ...(key !== null && { partitionKey: key.toString('utf8') }),
    ...(headers.length > 0 && { properties: Object.fromEntries(headers) }),
  })
}

/** The record that an event is to a Kafka client; properties that came over AMQP stay encoded as they are. */
export function recordOfEvent(entry: LogEntry): KafkaRecord {
  const key = partitionKeyOf(entry.bytes)
  return {
    offset: entry.sequenceNumber,
    timestamp: entry.enqueuedTime,
    key: key === undefined ? null : Buffer.from(key, 'utf8'),
    value: Buffer.from(decodeEvent(entry, '').body),
    headers: headersOf(entry.bytes),
  }
}

function headersOf(message: Buffer): [string, Buffer][] {
  const section = sectionsOf(message).find(({ code }) => code === sectionCode.applicationProperties)
  if (section === undefined) return []
  return mapEntries(message, section.valueStart).map(({ key, value }) => [
    binaryAt(key, 0).toString('utf8'),
    value[0] === 0xa0 || value[0] === 0xb0 ? binaryAt(value, 0) : value,
  ])
}
