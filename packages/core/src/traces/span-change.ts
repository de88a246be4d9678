import { hasAny, type Message, ReplacedKeys, writeWithout } from './attribute-change.ts'
import { writeAttributes } from './attribute-writer.ts'
import { spanField } from './fields.ts'
import { type Resource } from './resource.ts'
import { type Scope } from './scope.ts'
import {
  type SpanEventInit,
  type SpanLinkInit,
  type SpanStatusInit,
  spanTag,
  type Time,
  writeCount,
  writeEvent,
  writeFlags,
  writeKind,
  writeLink,
  writeSpanId,
  writeStatusOver,
  writeText,
  writeTime,
  writeTraceId,
} from './span-init.ts'
import { type SpanKind } from './span-parts.ts'
import { nothing, place, type Placed } from './span-slab.ts'
import { type Attributes } from './values.ts'
import { WireWriter } from './wire-writer.ts'

/** What becomes other in a copy of a span; what is absent or undefined stays. */
export interface SpanChange {
  readonly traceId?: string | undefined
  readonly spanId?: string | undefined
  /** '' makes it a root. */
  readonly parentSpanId?: string | undefined
  readonly traceState?: string | undefined
  readonly flags?: number | undefined
  readonly name?: string | undefined
  readonly kind?: SpanKind | undefined
  readonly startTime?: Time | undefined
  readonly endTime?: Time | undefined
  readonly status?: SpanStatusInit | undefined
  /** Set or replaced. */
  readonly attributes?: Attributes | undefined
  readonly removeAttributes?: readonly string[] | undefined
  readonly addEvents?: readonly SpanEventInit[] | undefined
  readonly addLinks?: readonly SpanLinkInit[] | undefined
  readonly droppedAttributesCount?: number | undefined
  readonly droppedEventsCount?: number | undefined
  readonly droppedLinksCount?: number | undefined
  readonly resource?: Resource | Attributes | undefined
  readonly scope?: Scope | undefined
}

/** The bytes of the changed span; undefined when they stay as they are. */
export function changedSpan(span: Message, change: SpanChange): Placed | undefined {
  const { attributes, removeAttributes } = change
  const writer = new WireWriter()
  try {
    let kept = span
    const replaced = ReplacedKeys.of({ attributes, remove: removeAttributes })
    if (replaced !== undefined && hasAny(span, spanField.attributes, replaced)) {
      writeWithout(writer, span, spanField.attributes, replaced)
      kept = nothing
    }
    if (attributes !== undefined) writeAttributes(writer, spanTag.attributes, attributes)
    appendFields(writer, change)
    if (kept === span && writer.position === 0) return undefined
    return place(kept, { buffer: writer.buffer, start: 0, end: writer.position })
  } finally {
    writer.release()
  }
}

/** Later fields win over earlier ones, so that setting one is appending it. */
function appendFields(writer: WireWriter, change: SpanChange): void {
  const { traceId, spanId, parentSpanId, traceState, flags, name, kind, startTime, endTime, status } = change
  if (traceId !== undefined) writeTraceId(writer, spanTag.traceId, traceId)
  if (spanId !== undefined) writeSpanId(writer, spanTag.spanId, spanId)
  if (traceState !== undefined) writeText(writer, spanTag.traceState, traceState)
  if (parentSpanId === '') writeText(writer, spanTag.parentSpanId, '')
  else if (parentSpanId !== undefined) writeSpanId(writer, spanTag.parentSpanId, parentSpanId)
  if (name !== undefined) writeText(writer, spanTag.name, name)
  if (kind !== undefined) writeKind(writer, kind)
  if (startTime !== undefined) writeTime(writer, spanTag.startTimeUnixNano, startTime)
  if (endTime !== undefined) writeTime(writer, spanTag.endTimeUnixNano, endTime)
  for (const event of change.addEvents ?? []) writeEvent(writer, event)
  for (const link of change.addLinks ?? []) writeLink(writer, link)
  appendCounts(writer, change)
  if (status !== undefined) writeStatusOver(writer, status)
  if (flags !== undefined) writeFlags(writer, flags)
}

function appendCounts(writer: WireWriter, change: SpanChange): void {
  const { droppedAttributesCount, droppedEventsCount, droppedLinksCount } = change
  if (droppedAttributesCount !== undefined) {
    writeCount(writer, spanTag.droppedAttributesCount, droppedAttributesCount)
  }
  if (droppedEventsCount !== undefined) writeCount(writer, spanTag.droppedEventsCount, droppedEventsCount)
  if (droppedLinksCount !== undefined) writeCount(writer, spanTag.droppedLinksCount, droppedLinksCount)
}
