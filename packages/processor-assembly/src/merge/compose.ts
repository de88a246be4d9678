import { FieldCursor, Scope, Span, spanField, WireWriter, writeAttribute } from '@spanloom/core/traces'

import { Fields } from '../fragment/fields.ts'
import { AttributeCells } from './attribute-cells.ts'
import { mergedResource } from './resource-merge.ts'
import type { SpanPlan } from './span-plan.ts'
import { supersededEvent } from './superseded.ts'

const tag = {
  traceId: (spanField.traceId << 3) | 2,
  spanId: (spanField.spanId << 3) | 2,
  parentSpanId: (spanField.parentSpanId << 3) | 2,
  name: (spanField.name << 3) | 2,
  start: (spanField.startTimeUnixNano << 3) | 1,
  end: (spanField.endTimeUnixNano << 3) | 1,
  attributes: (spanField.attributes << 3) | 2,
} as const

const unset = { code: 0, message: '' }

/** A span and its name, which had to be looked up anyway. */
export interface Composed {
  readonly span: Span
  readonly name: string
}

/**
 * Writes a span down: the bytes of its fragments one after the other, except for the fields that need a look
 * inside (`assembly.md` section 5). Fields that nobody knows yet are copied.
 */
export function composeSpan(plan: SpanPlan): Composed {
  const name = plan.name ?? nameOf(plan)
  const fields = new Fields(plan)
  for (const fragment of plan.content) {
    const as = plan.superseded.get(fragment)
    if (as !== undefined) fields.addEvent(supersededEvent(fragment, as, name, plan.statusOf?.status ?? unset))
    fields.collect(fragment)
  }
  const writer = new WireWriter()
  try {
    writeHead(writer, plan, name)
    writeAttributes(writer, plan)
    fields.write(writer, plan)
    writeStatus(writer, plan)
    const bytes = writer.take()
    return { span: new Span(bytes, 0, bytes.length, mergedResource(plan.attributed), scopeOf(plan)), name }
  } finally {
    writer.release()
  }
}

function nameOf({ content, defaultName }: SpanPlan): string {
  for (const { name } of content) if (name !== '') return name
  return defaultName
}

function writeHead(writer: WireWriter, { ids, parentSpanId, start, end }: SpanPlan, name: string): void {
  writeId(writer, tag.traceId, ids.traceId)
  writeId(writer, tag.spanId, ids.spanId)
  if (parentSpanId !== '') writeId(writer, tag.parentSpanId, parentSpanId)
  writer.byte(tag.name)
  writer.lengthAndText(name)
  writer.byte(tag.start)
  writer.fixed64(start)
  writer.byte(tag.end)
  writer.fixed64(end)
}

function writeId(writer: WireWriter, idTag: number, hex: string): void {
  const length = hex.length / 2
  writer.byte(idTag)
  writer.byte(length)
  writer.position += writer.reserve(length).write(hex, writer.position, length, 'hex')
}

function writeAttributes(writer: WireWriter, { attributed, marks }: SpanPlan): void {
  const cells = new AttributeCells(marks)
  for (const { buffer, from, to, assumed } of attributed) {
    const fields = new FieldCursor(buffer, from, to)
    while (fields.next()) {
      if (fields.field === spanField.attributes)
        cells.add(buffer, fields.at, fields.start, fields.end, assumed)
    }
  }
  cells.write(writer)
  for (const [key, value] of marks) writeAttribute(writer, tag.attributes, key, value)
}

/** All parts of the status that counts: a sub-message in parts is their merge. */
function writeStatus(writer: WireWriter, { statusOf }: SpanPlan): void {
  if (statusOf === undefined) return
  const fields = new FieldCursor(statusOf.buffer, statusOf.from, statusOf.to)
  while (fields.next()) {
    if (fields.field === spanField.status) writer.raw(statusOf.buffer, fields.at, fields.end)
  }
}

/** The first scope that says anything. */
function scopeOf({ content }: SpanPlan): Scope {
  for (const { scope } of content) if (scope !== undefined && scope.envelope.bytes.length > 0) return scope
  return Scope.empty
}
