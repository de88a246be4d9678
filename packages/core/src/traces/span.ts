import { findAttribute, readAttributes, readText } from './attribute-reader.ts'
import { spanField } from './fields.ts'
import { readId } from './ids.ts'
import { Resource } from './resource.ts'
import { Scope } from './scope.ts'
import { type SpanChange, changedSpan } from './span-change.ts'
import { indexSpan, type SpanIndex } from './span-index.ts'
import { type SpanInit, writeSpan } from './span-init.ts'
import {
  readEvents,
  readLinks,
  readStatus,
  type SpanEvent,
  type SpanKind,
  spanKinds,
  type SpanLink,
  type SpanStatus,
  statusCodes,
} from './span-parts.ts'
import { nothing, place } from './span-slab.ts'
import { type Attributes, type AttributeValue } from './values.ts'
import { WireWriter } from './wire-writer.ts'
import { asBuffer, readFixed32, readUint32, readUint64 } from './wire.ts'

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
  /** Where tag and length of the span begin in {@link buffer}, if it has them there, else -1. @internal */
  readonly at: number
  /** Where the `Span` message begins in {@link buffer}. @internal */
  readonly start: number
  /** Where the `Span` message ends in {@link buffer}. @internal */
  readonly end: number
  #index: SpanIndex | undefined

  /** Use {@link span} or {@link Span.of}. @internal */
  constructor(buffer: Buffer, start: number, end: number, resource: Resource, scope: Scope, at: number = -1) {
    this.buffer = buffer
    this.at = at
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
    return readId(this.buffer, this.#start(spanField.traceId), this.#end(spanField.traceId))
  }

  /** Lower-case hex, '' when absent. */
  get spanId(): string {
    return readId(this.buffer, this.#start(spanField.spanId), this.#end(spanField.spanId))
  }

  /** Lower-case hex, '' when absent. */
  get parentSpanId(): string {
    return readId(this.buffer, this.#start(spanField.parentSpanId), this.#end(spanField.parentSpanId))
  }

  /** The W3C trace state, '' when absent. */
  get traceState(): string {
    return readText(this.buffer, this.#start(spanField.traceState), this.#end(spanField.traceState))
  }

  get flags(): number {
    const start = this.#start(spanField.flags)
    return start === 0 ? 0 : readFixed32(this.buffer, start)
  }

  get name(): string {
    return readText(this.buffer, this.#start(spanField.name), this.#end(spanField.name))
  }

  /** A kind that OTLP does not know reads as `UNSPECIFIED`. */
  get kind(): SpanKind {
    return spanKinds[this.kindNumber] ?? 'UNSPECIFIED'
  }

  /** The kind as it is on the wire. @internal */
  get kindNumber(): number {
    return this.#count(spanField.kind) | 0
  }

  /** Unix nanoseconds, 0n when absent. */
  get startTimeUnixNano(): bigint {
    return this.#time(spanField.startTimeUnixNano)
  }

  /** Unix nanoseconds, 0n when absent. */
  get endTimeUnixNano(): bigint {
    return this.#time(spanField.endTimeUnixNano)
  }

  /** A code that OTLP does not know reads as `UNSET`. */
  get status(): SpanStatus {
    const { code, message } = this.statusNumber
    return { code: statusCodes[code] ?? 'UNSET', message }
  }

  /** The status with its code as it is on the wire. @internal */
  get statusNumber(): { readonly code: number; readonly message: string } {
    return readStatus(this.buffer, this.#start(spanField.status), this.#end(spanField.status))
  }

  get attributes(): Attributes {
    const { attributes } = spanField
    return readAttributes(this.buffer, this.#start(attributes), this.#end(attributes), attributes)
  }

  /** One attribute; of several with this key the last one. Reads nothing else. */
  attribute(key: string): AttributeValue | undefined {
    const { attributes } = spanField
    return this.#index === undefined
      ? findAttribute(this.buffer, this.start, this.end, attributes, key)
      : findAttribute(this.buffer, this.#start(attributes), this.#end(attributes), attributes, key)
  }

  /** In the order of the bytes, which need not be that of time. */
  get events(): readonly SpanEvent[] {
    return readEvents(this.buffer, this.#start(spanField.events), this.#end(spanField.events))
  }

  get links(): readonly SpanLink[] {
    return readLinks(this.buffer, this.#start(spanField.links), this.#end(spanField.links))
  }

  get droppedAttributesCount(): number {
    return this.#count(spanField.droppedAttributesCount)
  }

  get droppedEventsCount(): number {
    return this.#count(spanField.droppedEventsCount)
  }

  get droppedLinksCount(): number {
    return this.#count(spanField.droppedLinksCount)
  }

  /**
   * A changed copy; itself when there was nothing to change. What is new is appended; only attributes that exist already or go away rewrite their list.
   *
   * @throws TypeError for ids of wrong form
   */
  with(change: SpanChange): Span {
    const changed = changedSpan(this, change)
    if (changed === undefined && change.resource === undefined && change.scope === undefined) return this
    const resource = change.resource === undefined ? this.resource : toResource(change.resource)
    const { buffer, start, end, at } = changed ?? this
    return new Span(buffer, start, end, resource, change.scope ?? this.scope, at)
  }

  #start(field: number): number {
    return (this.#index ??= indexSpan(this.buffer, this.start, this.end))[2 * field] ?? 0
  }

  #end(field: number): number {
    return (this.#index ??= indexSpan(this.buffer, this.start, this.end))[2 * field + 1] ?? 0
  }

  #time(field: number): bigint {
    const start = this.#start(field)
    return start === 0 ? 0n : readUint64(this.buffer, start)
  }

  #count(field: number): number {
    const start = this.#start(field)
    return start === 0 ? 0 : readUint32(this.buffer, start)
  }
}

/** Makes a span. @throws TypeError for ids of wrong form */
export function span(init: SpanInit): Span {
  const writer = new WireWriter()
  try {
    writeSpan(writer, init)
    const content = { buffer: writer.buffer, start: 0, end: writer.position }
    const { buffer, start, end, at } = place(nothing, content)
    return new Span(buffer, start, end, toResource(init.resource), init.scope ?? Scope.empty, at)
  } finally {
    writer.release()
  }
}

/** The resource itself, or one of these attributes. */
export function toResource(resource: Resource | Attributes | undefined): Resource {
  if (resource === undefined) return Resource.empty
  return resource instanceof Resource ? resource : Resource.of(resource)
}
