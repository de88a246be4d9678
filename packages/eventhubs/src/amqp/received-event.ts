import type { ReceivedEventData } from '@azure/event-hubs'

import type { ReceivedEvent } from '../event.ts'

/** Makes our form of an event as the SDK delivers it with `skipParsingBodyAsJson`. */
export function toReceivedEvent(event: ReceivedEventData, partitionId: string): ReceivedEvent {
  const { sequenceNumber, offset, enqueuedTimeUtc, partitionKey, contentType, messageId, correlationId } =
    event
  const body: unknown = event.body
  return {
    body: bytesOf(body),
    partitionId,
    sequenceNumber,
    offset,
    enqueuedTime: enqueuedTimeUtc.getTime(),
    properties: withoutPrototype(event.properties),
    ...(typeof partitionKey === 'string' ? { partitionKey } : {}),
    ...(typeof contentType === 'string' ? { contentType } : {}),
    ...(messageId === undefined ? {} : { messageId: textOf(messageId) }),
    ...(correlationId === undefined ? {} : { correlationId: textOf(correlationId) }),
  }
}

/** A body is bytes; one that some sender made of AMQP values becomes the JSON of them. */
function bytesOf(body: unknown): Uint8Array {
  if (body instanceof Uint8Array) return body
  if (typeof body === 'string') return Buffer.from(body)
  if (Array.isArray(body) && body.length > 0 && body.every((part) => part instanceof Uint8Array))
    return Buffer.concat(body)
  return Buffer.from(JSON.stringify(body ?? null) ?? 'null')
}

function withoutPrototype(
  properties: Readonly<Record<string, unknown>> | undefined,
): Record<string, unknown> {
  const copy: Record<string, unknown> = Object.create(null)
  if (properties !== undefined) for (const name of Object.keys(properties)) copy[name] = properties[name]
  return copy
}

function textOf(id: string | number | Buffer): string {
  return typeof id === 'object' ? id.toString('hex') : String(id)
}
