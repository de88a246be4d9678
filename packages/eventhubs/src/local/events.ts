import rhea from 'rhea'

import type { ReceivedEvent } from '../event.ts'
import { annotation, annotationsSection } from './amqp/annotations.ts'
import { applicationProperties, decodeMessage, encodeMessage, textOf } from './amqp/library.ts'
import { sectionCode } from './amqp/sections.ts'
import { annotationName, partitionKeyOf } from './amqp/stored-message.ts'
import type { LogEntry } from './log/partition-log.ts'

/** What an event may carry beside its body. */
export interface AppendOptions {
  readonly partitionKey?: string
  readonly contentType?: string
  readonly messageId?: string
  readonly correlationId?: string
  /** Application properties. */
  readonly properties?: Readonly<Record<string, unknown>>
}

/** An event as a hub holds it: what its readers get. */
export type StoredEvent = ReceivedEvent

/** Encodes an event as an AMQP message with one data section; text is sent as UTF-8. */
export function encodeEvent(body: Uint8Array | string, options: AppendOptions = {}): Buffer {
  const { partitionKey, contentType, messageId, correlationId, properties } = options
  const message = encodeMessage({
    message_id: messageId,
    correlation_id: correlationId,
    content_type: contentType,
    application_properties: properties,
    body: rhea.message.data_section(Buffer.from(body)),
  })
  if (partitionKey === undefined) return message
  const key = annotationsSection(sectionCode.messageAnnotations, [
    annotation.text(annotationName.partitionKey, partitionKey),
  ])
  return Buffer.concat([key, message])
}

/** Decodes an event that a partition holds. */
export function decodeEvent(entry: LogEntry, partitionId: string): StoredEvent {
  const message = decodeMessage(entry.bytes)
  const partitionKey = partitionKeyOf(entry.bytes)
  const contentType = textOf(message['content_type'])
  const messageId = textOf(message['message_id'])
  const correlationId = textOf(message['correlation_id'])
  const properties: Record<string, unknown> = Object.create(null)
  for (const [name, value] of applicationProperties(message)) properties[name] = value
  return {
    body: bodyOf(message['body']),
    partitionId,
    sequenceNumber: entry.sequenceNumber,
    offset: String(entry.offset),
    enqueuedTime: entry.enqueuedTime,
    ...(partitionKey !== undefined && { partitionKey }),
    ...(contentType !== undefined && { contentType }),
    ...(messageId !== undefined && { messageId }),
    ...(correlationId !== undefined && { correlationId }),
    properties,
  }
}

/** The bytes of a data section; other bodies as their JSON. */
function bodyOf(body: unknown): Uint8Array {
  const content: unknown = isSection(body) ? body.content : body
  if (Buffer.isBuffer(content)) return content
  if (Array.isArray(content) && content.every((part) => Buffer.isBuffer(part))) return Buffer.concat(content)
  return Buffer.from(JSON.stringify(content ?? null))
}

function isSection(body: unknown): body is { readonly content: unknown } {
  return typeof body === 'object' && body !== null && 'typecode' in body && 'content' in body
}
