import { readAttributes, readText } from './attribute-reader.ts'
import { eventField, linkField, spanField, statusField } from './fields.ts'
import { readId } from './ids.ts'
import { type Attributes } from './values.ts'
import { FieldCursor, readFixed32, readUint32, readUint64 } from './wire.ts'

/** What kind of work a span stands for. */
export type SpanKind = 'UNSPECIFIED' | 'INTERNAL' | 'SERVER' | 'CLIENT' | 'PRODUCER' | 'CONSUMER'

/** How the work ended, as its author says. */
export type StatusCode = 'UNSET' | 'OK' | 'ERROR'

/** Names of the span kinds by their number. */
export const spanKinds: readonly SpanKind[] = [
  'UNSPECIFIED',
  'INTERNAL',
  'SERVER',
  'CLIENT',
  'PRODUCER',
  'CONSUMER',
]

/** Names of the status codes by their number. */
export const statusCodes: readonly StatusCode[] = ['UNSET', 'OK', 'ERROR']

/** The status of a span. */
export interface SpanStatus {
  readonly code: StatusCode
  /** '' when absent. */
  readonly message: string
}

/** Something that happened during a span. */
export interface SpanEvent {
  /** 0n when absent. */
  readonly timeUnixNano: bigint
  readonly name: string
  readonly attributes: Attributes
  readonly droppedAttributesCount: number
}

/** A reference to another span, mostly of another trace. */
export interface SpanLink {
  /** Lower-case hex, '' when absent. */
  readonly traceId: string
  readonly spanId: string
  readonly traceState: string
  readonly attributes: Attributes
  readonly flags: number
  readonly droppedAttributesCount: number
}

/** The number of the status code and the message. Several parts of the status are merged: the last word counts. */
export function readStatus(buffer: Buffer, start: number, end: number): { code: number; message: string } {
  const parts = new FieldCursor(buffer, start, end)
  let code = 0
  let message = ''
  while (parts.next()) {
    if (parts.field !== spanField.status) continue
    const fields = new FieldCursor(buffer, parts.start, parts.end)
    while (fields.next()) {
      if (fields.field === statusField.code) code = readUint32(buffer, fields.start) | 0
      else if (fields.field === statusField.message) message = readText(buffer, fields.start, fields.end)
    }
  }
  return { code, message }
}

/** The events in a stretch of fields of a span. */
export function readEvents(buffer: Buffer, start: number, end: number): SpanEvent[] {
  const events: SpanEvent[] = []
  const fields = new FieldCursor(buffer, start, end)
  while (fields.next()) {
    if (fields.field === spanField.events) events.push(readEvent(buffer, fields.start, fields.end))
  }
  return events
}

/** One `Span.Event`. */
export function readEvent(buffer: Buffer, start: number, end: number): SpanEvent {
  const fields = new FieldCursor(buffer, start, end)
  let timeUnixNano = 0n
  let name = ''
  let droppedAttributesCount = 0
  while (fields.next()) {
    if (fields.field === eventField.timeUnixNano) timeUnixNano = readUint64(buffer, fields.start)
    else if (fields.field === eventField.name) name = readText(buffer, fields.start, fields.end)
    else if (fields.field === eventField.droppedAttributesCount) {
      droppedAttributesCount = readUint32(buffer, fields.start)
    }
  }
  const attributes = readAttributes(buffer, start, end, eventField.attributes)
  return { timeUnixNano, name, attributes, droppedAttributesCount }
}

/** The links in a stretch of fields of a span. */
export function readLinks(buffer: Buffer, start: number, end: number): SpanLink[] {
  const links: SpanLink[] = []
  const fields = new FieldCursor(buffer, start, end)
  while (fields.next()) {
    if (fields.field === spanField.links) links.push(readLink(buffer, fields.start, fields.end))
  }
  return links
}

/** One `Span.Link`. */
export function readLink(buffer: Buffer, start: number, end: number): SpanLink {
  const fields = new FieldCursor(buffer, start, end)
  const attributes = readAttributes(buffer, start, end, linkField.attributes)
  const link = { traceId: '', spanId: '', traceState: '', attributes, flags: 0, droppedAttributesCount: 0 }
  while (fields.next()) {
    switch (fields.field) {
      case linkField.traceId:
        link.traceId = readId(buffer, fields.start, fields.end)
        break
      case linkField.spanId:
        link.spanId = readId(buffer, fields.start, fields.end)
        break
      case linkField.traceState:
        link.traceState = readText(buffer, fields.start, fields.end)
        break
      case linkField.flags:
        link.flags = readFixed32(buffer, fields.start)
        break
      case linkField.droppedAttributesCount:
        link.droppedAttributesCount = readUint32(buffer, fields.start)
        break
      default:
    }
  }
  return link
}
