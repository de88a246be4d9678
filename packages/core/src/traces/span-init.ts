import { PermanentError } from '../errors/errors.ts'
import { writeAttributes } from './attribute-writer.ts'
import { writeHex } from './ids.ts'
import { type Resource } from './resource.ts'
import { type Scope } from './scope.ts'
import { type SpanKind, spanKinds, type StatusCode, statusCodes } from './span-parts.ts'
import { type Attributes } from './values.ts'
import { type WireWriter } from './wire-writer.ts'

/** A point in time: unix nanoseconds as a bigint, or a `Date`. */
export type Time = bigint | Date

/** An event of a span to be made. */
export interface SpanEventInit {
  readonly time: Time
  readonly name: string
  readonly attributes?: Attributes
  readonly droppedAttributesCount?: number
}

/** A link of a span to be made; the ids in hex. */
export interface SpanLinkInit {
  readonly traceId: string
  readonly spanId: string
  readonly traceState?: string
  readonly flags?: number
  readonly attributes?: Attributes
  readonly droppedAttributesCount?: number
}

/** A status to be set. */
export interface SpanStatusInit {
  readonly code: StatusCode
  readonly message?: string
}

/** What a span is made of. A span that lacks its start or its end is a fragment. */
export interface SpanInit {
  /** 32 hex digits. */
  readonly traceId: string
  /** 16 hex digits. */
  readonly spanId: string
  /** 16 hex digits; absent or '' for a root. */
  readonly parentSpanId?: string
  readonly traceState?: string
  readonly flags?: number
  readonly name: string
  readonly kind?: SpanKind
  readonly startTime?: Time
  readonly endTime?: Time
  readonly attributes?: Attributes
  readonly events?: readonly SpanEventInit[]
  readonly links?: readonly SpanLinkInit[]
  readonly status?: SpanStatusInit
  readonly droppedAttributesCount?: number
  readonly droppedEventsCount?: number
  readonly droppedLinksCount?: number
  readonly resource?: Resource | Attributes
  readonly scope?: Scope
}

/** Tags of the fields of a span, the field number with its wire type. */
export const spanTag = {
  traceId: 0x0a,
  spanId: 0x12,
  traceState: 0x1a,
  parentSpanId: 0x22,
  name: 0x2a,
  kind: 0x30,
  startTimeUnixNano: 0x39,
  endTimeUnixNano: 0x41,
  attributes: 0x4a,
  droppedAttributesCount: 0x50,
  events: 0x5a,
  droppedEventsCount: 0x60,
  links: 0x6a,
  droppedLinksCount: 0x70,
  status: 0x7a,
  flags: 0x85,
} as const

/** Writes the content of a `Span`. Leaves out what is absent or has its default value. */
export function writeSpan(writer: WireWriter, init: SpanInit): void {
  writeTraceId(writer, spanTag.traceId, init.traceId)
  writeSpanId(writer, spanTag.spanId, init.spanId)
  if (init.traceState) writeText(writer, spanTag.traceState, init.traceState)
  if (init.parentSpanId) writeSpanId(writer, spanTag.parentSpanId, init.parentSpanId)
  if (init.name !== '') writeText(writer, spanTag.name, init.name)
  if (init.kind !== undefined && init.kind !== 'UNSPECIFIED') writeKind(writer, init.kind)
  if (init.startTime) writeTime(writer, spanTag.startTimeUnixNano, init.startTime)
  if (init.endTime) writeTime(writer, spanTag.endTimeUnixNano, init.endTime)
  if (init.attributes !== undefined) writeAttributes(writer, spanTag.attributes, init.attributes)
  if (init.droppedAttributesCount)
    writeCount(writer, spanTag.droppedAttributesCount, init.droppedAttributesCount)
  if (init.events !== undefined) for (const event of init.events) writeEvent(writer, event)
  if (init.droppedEventsCount) writeCount(writer, spanTag.droppedEventsCount, init.droppedEventsCount)
  if (init.links !== undefined) for (const link of init.links) writeLink(writer, link)
  if (init.droppedLinksCount) writeCount(writer, spanTag.droppedLinksCount, init.droppedLinksCount)
  if (init.status !== undefined) writeStatus(writer, init.status)
  if (init.flags) writeFlags(writer, init.flags)
}

/** @throws TypeError when `id` is not 32 hex digits or all 0 */
export function writeTraceId(writer: WireWriter, tag: number, id: string): void {
  if (writeId(writer, tag, id, 16)) return
  throw new TypeError(`A trace id has 32 hexadecimal digits that are not all 0, unlike "${id}".`)
}

/** @throws TypeError when `id` is not 16 hex digits or all 0 */
export function writeSpanId(writer: WireWriter, tag: number, id: string): void {
  if (writeId(writer, tag, id, 8)) return
  throw new TypeError(`A span id has 16 hexadecimal digits that are not all 0, unlike "${id}".`)
}

function writeId(writer: WireWriter, tag: number, id: string, size: number): boolean {
  const { position } = writer
  const buffer = writer.reserve(size + 2)
  if (id.length !== size * 2 || writeHex(id, buffer, position + 2) !== 'id') return false
  buffer[position] = tag
  buffer[position + 1] = size
  writer.position = position + size + 2
  return true
}

/** A field of text. */
export function writeText(writer: WireWriter, tag: number, text: string): void {
  writer.byte(tag)
  writer.lengthAndText(text)
}

/** The kind by its number. */
export function writeKind(writer: WireWriter, kind: SpanKind): void {
  writer.byte(spanTag.kind)
  writer.varint(Math.max(0, spanKinds.indexOf(kind)))
}

const nanosPerMilli = 1_000_000n

/** @throws PermanentError for an invalid date and a time outside of 1970 to 2554, which come from data */
export function writeTime(writer: WireWriter, tag: number, time: Time): void {
  writer.byte(tag)
  writer.fixed64(toUnixNano(time))
}

function toUnixNano(time: Time): bigint {
  const nanos = typeof time === 'bigint' ? time : nanosOf(time)
  if (BigInt.asUintN(64, nanos) === nanos) return nanos
  throw new PermanentError('INVALID_TIME', 'A time is not between 1970 and 2554.', { grpcStatus: 3 })
}

function nanosOf(date: Date): bigint {
  const millis = date.getTime()
  return Number.isNaN(millis) ? -1n : BigInt(millis) * nanosPerMilli
}

/** A count or other unsigned 32-bit number as a varint. */
export function writeCount(writer: WireWriter, tag: number, count: number): void {
  writer.byte(tag)
  writer.varint(clampUint32(count))
}

/** The flags of a span, whose field number takes a tag of two bytes. */
export function writeFlags(writer: WireWriter, flags: number): void {
  writer.byte(spanTag.flags)
  writer.byte(1)
  writer.fixed32(clampUint32(flags))
}

function clampUint32(value: number): number {
  return Math.min(Math.max(Math.trunc(value) || 0, 0), 0xffff_ffff)
}

/** A status in which absent parts are left out. */
export function writeStatus(writer: WireWriter, { code, message = '' }: SpanStatusInit): void {
  const number = statusCodes.indexOf(code)
  if (number <= 0 && message === '') return
  const status = writer.open(spanTag.status)
  if (message !== '') writeText(writer, 0x12, message)
  if (number > 0) writeCount(writer, 0x18, number)
  writer.close(status)
}

/**
 * A status that takes the place of one before it. Parts of a status are merged, so it says everything, defaults
 * too; readers that do not merge take the last part and see the same.
 */
export function writeStatusOver(writer: WireWriter, { code, message = '' }: SpanStatusInit): void {
  const status = writer.open(spanTag.status)
  writeText(writer, 0x12, message)
  writeCount(writer, 0x18, statusCodes.indexOf(code))
  writer.close(status)
}

/** One event with its tag. */
export function writeEvent(writer: WireWriter, event: SpanEventInit): void {
  const start = writer.open(spanTag.events)
  if (event.time !== 0n) writeTime(writer, 0x09, event.time)
  if (event.name !== '') writeText(writer, 0x12, event.name)
  if (event.attributes !== undefined) writeAttributes(writer, 0x1a, event.attributes)
  if (event.droppedAttributesCount) writeCount(writer, 0x20, event.droppedAttributesCount)
  writer.close(start)
}

/** One link with its tag. @throws TypeError for ids of wrong form */
export function writeLink(writer: WireWriter, link: SpanLinkInit): void {
  const start = writer.open(spanTag.links)
  writeTraceId(writer, 0x0a, link.traceId)
  writeSpanId(writer, 0x12, link.spanId)
  if (link.traceState) writeText(writer, 0x1a, link.traceState)
  if (link.attributes !== undefined) writeAttributes(writer, 0x22, link.attributes)
  if (link.droppedAttributesCount) writeCount(writer, 0x28, link.droppedAttributesCount)
  if (link.flags) {
    writer.byte(0x35)
    writer.fixed32(clampUint32(link.flags))
  }
  writer.close(start)
}
