import type { ReceivedEventData } from '@azure/event-hubs'

import type { ReceivedEvent } from '../event.ts'

/** Makes our form of an event as the SDK delivers it with `skipParsingBodyAsJson`. */
export function toReceivedEvent(event: ReceivedEventData, partitionId: string): ReceivedEvent {
  const { sequenceNumber, offset, enqueuedTimeUtc, partitionKey, contentType, messageId, correlationId } =
    event
  const body: unknown = event.body
  const received: Mutable<ReceivedEvent> = {
    body: bytesOf(body),
    partitionId,
    sequenceNumber,
    offset,
    enqueuedTime: enqueuedTimeUtc.getTime(),
    properties: event.properties === undefined ? none : withoutPrototype(event.properties),
  }
  if (typeof partitionKey === 'string') received.partitionKey = partitionKey
  if (typeof contentType === 'string') received.contentType = contentType
  if (messageId !== undefined) received.messageId = textOf(messageId)
  if (correlationId !== undefined) received.correlationId = textOf(correlationId)
  return received
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

const none: Readonly<Record<string, unknown>> = Object.freeze(Object.create(null))

/** A body is bytes; one that some sender made of AMQP values becomes the JSON of them. */
function bytesOf(body: unknown): Uint8Array {
  if (body instanceof Uint8Array) return body
  if (typeof body === 'string') return Buffer.from(body)
  if (Array.isArray(body) && body.length > 0 && body.every((part) => part instanceof Uint8Array))
    return Buffer.concat(body)
  return Buffer.from(JSON.stringify(body ?? null) ?? 'null')
}

function withoutPrototype(properties: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const copy: Record<string, unknown> = Object.create(null)
  for (const name of Object.keys(properties)) copy[name] = properties[name]
  return copy
}

function textOf(id: string | number | Buffer): string {
  return typeof id === 'object' ? id.toString('hex') : String(id)
}
