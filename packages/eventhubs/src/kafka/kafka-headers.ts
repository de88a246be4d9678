import { isUtf8 } from 'node:buffer'

import type { OutgoingEvent, ReceivedEvent } from '../event.ts'

/** Headers that stand for the properties of an AMQP message. */
const standard = {
  contentType: 'content-type',
  messageId: 'message-id',
  correlationId: 'correlation-id',
} as const

/** Writes properties as headers: text in UTF-8. */
export function toKafkaHeaders(event: OutgoingEvent): Map<Buffer, Buffer> {
  const headers = new Map<Buffer, Buffer>()
  for (const field of ['contentType', 'messageId', 'correlationId'] as const) {
    const value = event[field]
    if (value !== undefined) headers.set(Buffer.from(standard[field]), Buffer.from(value))
  }
  for (const [name, value] of Object.entries(event.properties ?? {}))
    headers.set(Buffer.from(name), Buffer.from(String(value)))
  return headers
}

/** What headers say about an event; the last of several with one name counts. */
export function fromKafkaHeaders(
  headers: Iterable<readonly [Buffer, Buffer]>,
): Pick<ReceivedEvent, 'contentType' | 'messageId' | 'correlationId' | 'properties'> {
  const properties: Record<string, unknown> = Object.create(null)
  const entries = [...headers]
  // Values of one letter can be read both ways; what the others are tells which one is meant.
  const overAmqp =
    entries.some(([, value]) => !isText(value)) && entries.every(([, value]) => fromAmqp(value) !== undefined)
  for (const [name, value] of entries)
    properties[name.toString()] = overAmqp ? fromAmqp(value) : fromHeaderValue(value)
  const contentType = properties[standard.contentType]
  const messageId = properties[standard.messageId]
  const correlationId = properties[standard.correlationId]
  return {
    properties,
    ...(typeof contentType === 'string' ? { contentType } : {}),
    ...(typeof messageId === 'string' ? { messageId } : {}),
    ...(typeof correlationId === 'string' ? { correlationId } : {}),
  }
}

/**
 * Reads the value of a header. Those that came in over AMQP are encoded as AMQP encodes them (`eventhubs.md`
 * section 10), which is never readable text, apart from values of one letter.
 */
export function fromHeaderValue(value: Buffer): unknown {
  if (isText(value)) return value.toString()
  return fromAmqp(value) ?? value
}

const isText = (value: Buffer): boolean => isUtf8(value) && !hasControl(value)

function hasControl(value: Buffer): boolean {
  return value.some((byte) => byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d)
}

function fromAmqp(value: Buffer): string | number | boolean | undefined {
  const { length } = value
  const constructor = value[0] ?? 0
  switch (constructor) {
    case 0xa1:
      return length >= 2 && length === 2 + value.readUInt8(1) ? value.toString('utf8', 2) : undefined
    case 0xb1:
      return length >= 5 && length === 5 + value.readUInt32BE(1) ? value.toString('utf8', 5) : undefined
    case 0x41:
    case 0x42:
      return length === 1 ? constructor === 0x41 : undefined
    case 0x56:
      return length === 2 ? value[1] === 1 : undefined
    case 0x54:
    case 0x55:
      return length === 2 ? value.readInt8(1) : undefined
    case 0x52:
    case 0x53:
      return length === 2 ? value.readUInt8(1) : undefined
    case 0x71:
      return length === 5 ? value.readInt32BE(1) : undefined
    case 0x70:
      return length === 5 ? value.readUInt32BE(1) : undefined
    case 0x81:
    case 0x83:
      return length === 9 ? Number(value.readBigInt64BE(1)) : undefined
    case 0x80:
      return length === 9 ? Number(value.readBigUInt64BE(1)) : undefined
    case 0x82:
      return length === 9 ? value.readDoubleBE(1) : undefined
    default:
      return undefined
  }
}
