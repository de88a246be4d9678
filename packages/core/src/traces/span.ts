import { findAttribute, readAttributes, readText } from './attribute-reader.ts'
import { spanField } from './fields.ts'
import { readId } from './ids.ts'
import { Resource } from './resource.ts'
import { Scope } from './scope.ts'
import { type SpanChange, writeChangedSpan } from './span-change.ts'
import { SpanIndex } from './span-index.ts'
import { type SpanInit, writeSpan } from './span-init.ts'
import {
  readEvents,
  readLinks,
  readMergedStatus,
  readStatus,
  type SpanEvent,
  type SpanKind,
  spanKinds,
  type SpanLink,
  type SpanStatus,
  statusCodes,
} from './span-parts.ts'
import { type Attributes, type AttributeValue } from './values.ts'
import { WireWriter } from './wire-writer.ts'
import { asBuffer } from './wire.ts'

/**
 * A view of the bytes of one span. Immutable.
 *
 * Every getter reads on demand and nothing is decoded before it is asked for; keep what you need twice.
 */
export class Span {
  readonly resource: Resource
  readonly scope: Scope
  /** The buffer that holds the span, with much else beside it. @internal */
  readonly buffer: Buffer
  /** Where the `Span` message begins in {@link buffer}. @internal */
  readonly start: number
  /** Where the `Span` message ends in {@link buffer}. @internal */
  readonly end: number
  #index: SpanIndex | undefined

  /** Use {@link span} or {@link Span.of}. @internal */
  constructor(buffer: Buffer, start: number, end: number, resource: Resource, scope: Scope) {
    this.buffer = buffer
    this.start = start
    this.end = end
    this.resource = resource
    this.scope = scope
  }

  /** A view of a `Span` message that has been checked before, such as the concatenation of several. */
  static of(bytes: Uint8Array, resource: Resource, scope: Scope): Span {
    return new Span(asBuffer(bytes), 0, bytes.length, resource, scope)
  }

  /** The `Span` message itself, without tag and length. Not copied: it must not be changed. */
  get bytes(): Buffer {
    return this.buffer.subarray(this.start, this.end)
  }

  /** Lower-case hex, '' when absent. */
  get traceId(): string {
    const { traceIdStart, traceIdEnd } = this.#fields
    return readId(this.buffer, traceIdStart, traceIdEnd)
  }

  /** Lower-case hex, '' when absent. */
  get spanId(): string {
    const { spanIdStart, spanIdEnd } = this.#fields
    return readId(this.buffer, spanIdStart, spanIdEnd)
  }

  /** Lower-case hex, '' when absent. */
  get parentSpanId(): string {
    const { parentSpanIdStart, parentSpanIdEnd } = this.#fields
    return readId(this.buffer, parentSpanIdStart, parentSpanIdEnd)
  }

  /** The W3C trace state, '' when absent. */
  get traceState(): string {
    const { traceStateStart, traceStateEnd } = this.#fields
    return readText(this.buffer, traceStateStart, traceStateEnd)
  }

  get flags(): number {
    return this.#fields.flags
  }

  get name(): string {
    const { nameStart, nameEnd } = this.#fields
    return readText(this.buffer, nameStart, nameEnd)
  }

  /** A kind that OTLP does not know reads as `UNSPECIFIED`. */
  get kind(): SpanKind {
    return spanKinds[this.#fields.kind] ?? 'UNSPECIFIED'
  }

  /** Unix nanoseconds, 0n when absent. */
  get startTimeUnixNano(): bigint {
    const { startTime } = this.#fields
    return startTime === 0 ? 0n : this.buffer.readBigUInt64LE(startTime)
  }

  /** Unix nanoseconds, 0n when absent. */
  get endTimeUnixNano(): bigint {
    const { endTime } = this.#fields
    return endTime === 0 ? 0n : this.buffer.readBigUInt64LE(endTime)
  }

  /** A code that OTLP does not know reads as `UNSET`. */
  get status(): SpanStatus {
    const { code, message } = this.statusNumber
    return { code: statusCodes[code] ?? 'UNSET', message }
  }

  /** The status with its code as it is on the wire. @internal */
  get statusNumber(): { readonly code: number; readonly message: string } {
    const { statusStart, statusEnd, statusParts } = this.#fields
    return statusParts > 1
      ? readMergedStatus(this.buffer, this.start, this.end)
      : readStatus(this.buffer, statusStart, statusEnd)
  }

  /** The kind as it is on the wire. @internal */
  get kindNumber(): number {
    return this.#fields.kind
  }

  get attributes(): Attributes {
    const { attributesStart, attributesEnd } = this.#fields
    return readAttributes(this.buffer, attributesStart, attributesEnd, spanField.attributes)
  }

  /** One attribute; of several with this key the last one. Reads nothing else. */
  attribute(key: string): AttributeValue | undefined {
    const index = this.#index
    return index === undefined
      ? findAttribute(this.buffer, this.start, this.end, spanField.attributes, key)
      : findAttribute(this.buffer, index.attributesStart, index.attributesEnd, spanField.attributes, key)
  }

  /** In the order of the bytes, which need not be that of time. */
  get events(): readonly SpanEvent[] {
    const { eventsStart, eventsEnd } = this.#fields
    return readEvents(this.buffer, eventsStart, eventsEnd)
  }

  get links(): readonly SpanLink[] {
    const { linksStart, linksEnd } = this.#fields
    return readLinks(this.buffer, linksStart, linksEnd)
  }

  get droppedAttributesCount(): number {
    return this.#fields.droppedAttributesCount
  }

  get droppedEventsCount(): number {
    return this.#fields.droppedEventsCount
  }

  get droppedLinksCount(): number {
    return this.#fields.droppedLinksCount
  }

  /**
   * A changed copy; itself when there was nothing to change. What is new is appended; only attributes that exist already or go away rewrite their list.
   *
   * @throws TypeError for ids of wrong form
   */
  with(change: SpanChange): Span {
    const bytes = writeChangedSpan(this, change)
    if (bytes === undefined && change.resource === undefined && change.scope === undefined) return this
    const resource = change.resource === undefined ? this.resource : toResource(change.resource)
    const scope = change.scope ?? this.scope
    return bytes === undefined
      ? new Span(this.buffer, this.start, this.end, resource, scope)
      : new Span(bytes, 0, bytes.length, resource, scope)
  }

  get #fields(): SpanIndex {
    return (this.#index ??= new SpanIndex(this.buffer, this.start, this.end))
  }
}

/** Makes a span. @throws TypeError for ids of wrong form */
export function span(init: SpanInit): Span {
  const writer = new WireWriter()
  try {
    writeSpan(writer, init)
    const bytes = writer.take()
    return new Span(bytes, 0, bytes.length, toResource(init.resource), init.scope ?? Scope.empty)
  } finally {
    writer.release()
  }
}

/** The resource itself, or one of these attributes. */
export function toResource(resource: Resource | Attributes | undefined): Resource {
  if (resource === undefined) return Resource.empty
  return resource instanceof Resource ? resource : Resource.of(resource)
}
