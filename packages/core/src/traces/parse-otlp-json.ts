import { invalidOtlp } from './invalid.ts'
import {
  asObject,
  type JsonObject,
  member,
  objectsOf,
  toUint32,
  writeJsonCount,
  writeJsonEnum,
  writeJsonId,
  writeJsonText,
  writeJsonTime,
} from './json-fields.ts'
import { scanJson } from './json-scan.ts'
import { writeJsonAttributes } from './json-values.ts'
import { spanTag, writeFlags } from './span-init.ts'
import { Traces } from './traces.ts'
import { WireWriter } from './wire-writer.ts'
import { asBuffer } from './wire.ts'

/** More than this no server would let in, and no JavaScript string could hold much more. */
const maxSize = 256 * 1024 * 1024

/**
 * Reads OTLP/JSON by OTR-14: names in lowerCamelCase or snake_case, unknown ones ignored, ids in hex, 64-bit
 * integers as text or numbers, enums as numbers.
 *
 * @throws PermanentError `INVALID_OTLP` with gRPC status 3, also for what is too large or nests too deep
 */
export function parseOtlpJson(text: string | Uint8Array): Traces {
  if (text.length > maxSize) throw invalidOtlp(`the JSON is larger than ${maxSize} bytes`)
  const root = asObject(
    parseJson(typeof text === 'string' ? text : asBuffer(text).toString('utf8')),
    'the whole',
  )
  const writer = new WireWriter()
  try {
    for (const group of objectsOf(member(root, 'resourceSpans', 'resource_spans'), 'resourceSpans')) {
      const start = writer.open(0x0a)
      writeResourceSpans(writer, group)
      writer.close(start)
    }
    return Traces.trusted(writer.take())
  } finally {
    writer.release()
  }
}

function parseJson(text: string): unknown {
  const { hasLargeIntegers } = scanJson(text)
  try {
    return hasLargeIntegers ? JSON.parse(text, exactInteger) : JSON.parse(text)
  } catch (error) {
    throw invalidOtlp('the JSON has a syntax error', error)
  }
}

/** Reads integers that a number cannot hold from their digits. */
function exactInteger(...[, value, context]: unknown[]): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value
  if (typeof context !== 'object' || context === null || !('source' in context)) return value
  const { source } = context
  return typeof source === 'string' && /^-?\d{16,20}$/.test(source) ? BigInt(source) : value
}

function writeResourceSpans(writer: WireWriter, group: JsonObject): void {
  const resource = member(group, 'resource')
  if (resource !== undefined) {
    const start = writer.open(0x0a)
    writeResource(writer, asObject(resource, 'resource'))
    writer.closeUnlessEmpty(start)
  }
  writeJsonText(writer, 0x1a, member(group, 'schemaUrl', 'schema_url'), 'schemaUrl')
  for (const scopeSpans of objectsOf(member(group, 'scopeSpans', 'scope_spans'), 'scopeSpans')) {
    const start = writer.open(0x12)
    writeScopeSpans(writer, scopeSpans)
    writer.close(start)
  }
}

function writeResource(writer: WireWriter, resource: JsonObject): void {
  writeJsonAttributes(writer, 0x0a, member(resource, 'attributes'), 'attributes')
  writeDropped(writer, 0x10, resource)
}

function writeScopeSpans(writer: WireWriter, scopeSpans: JsonObject): void {
  const scope = member(scopeSpans, 'scope')
  if (scope !== undefined) {
    const start = writer.open(0x0a)
    writeScope(writer, asObject(scope, 'scope'))
    writer.closeUnlessEmpty(start)
  }
  writeJsonText(writer, 0x1a, member(scopeSpans, 'schemaUrl', 'schema_url'), 'schemaUrl')
  for (const span of objectsOf(member(scopeSpans, 'spans'), 'spans')) {
    const start = writer.open(0x12)
    writeSpan(writer, span)
    writer.close(start)
  }
}

function writeScope(writer: WireWriter, scope: JsonObject): void {
  writeJsonText(writer, 0x0a, member(scope, 'name'), 'name')
  writeJsonText(writer, 0x12, member(scope, 'version'), 'version')
  writeJsonAttributes(writer, 0x1a, member(scope, 'attributes'), 'attributes')
  writeDropped(writer, 0x20, scope)
}

function writeSpan(writer: WireWriter, span: JsonObject): void {
  writeJsonId(writer, spanTag.traceId, member(span, 'traceId', 'trace_id'), 'traceId', 16)
  writeJsonId(writer, spanTag.spanId, member(span, 'spanId', 'span_id'), 'spanId', 8)
  writeJsonText(writer, spanTag.traceState, member(span, 'traceState', 'trace_state'), 'traceState')
  writeJsonId(writer, spanTag.parentSpanId, member(span, 'parentSpanId', 'parent_span_id'), 'parentSpanId', 8)
  writeJsonText(writer, spanTag.name, member(span, 'name'), 'name')
  writeJsonEnum(writer, spanTag.kind, member(span, 'kind'), 'kind')
  const startTime = member(span, 'startTimeUnixNano', 'start_time_unix_nano')
  writeJsonTime(writer, spanTag.startTimeUnixNano, startTime, 'startTimeUnixNano')
  const endTime = member(span, 'endTimeUnixNano', 'end_time_unix_nano')
  writeJsonTime(writer, spanTag.endTimeUnixNano, endTime, 'endTimeUnixNano')
  writeJsonAttributes(writer, spanTag.attributes, member(span, 'attributes'), 'attributes')
  writeDropped(writer, spanTag.droppedAttributesCount, span)
  for (const event of objectsOf(member(span, 'events'), 'events')) writeEvent(writer, event)
  const droppedEvents = member(span, 'droppedEventsCount', 'dropped_events_count')
  writeJsonCount(writer, spanTag.droppedEventsCount, droppedEvents, 'droppedEventsCount')
  for (const link of objectsOf(member(span, 'links'), 'links')) writeLink(writer, link)
  const droppedLinks = member(span, 'droppedLinksCount', 'dropped_links_count')
  writeJsonCount(writer, spanTag.droppedLinksCount, droppedLinks, 'droppedLinksCount')
  writeStatus(writer, member(span, 'status'))
  const flags = toUint32(member(span, 'flags'), 'flags')
  if (flags !== 0) writeFlags(writer, flags)
}

function writeDropped(writer: WireWriter, tag: number, object: JsonObject): void {
  const dropped = member(object, 'droppedAttributesCount', 'dropped_attributes_count')
  writeJsonCount(writer, tag, dropped, 'droppedAttributesCount')
}

function writeStatus(writer: WireWriter, value: unknown): void {
  if (value === undefined) return
  const status = asObject(value, 'status')
  const start = writer.open(spanTag.status)
  writeJsonText(writer, 0x12, member(status, 'message'), 'message')
  writeJsonEnum(writer, 0x18, member(status, 'code'), 'code')
  writer.closeUnlessEmpty(start)
}

function writeEvent(writer: WireWriter, event: JsonObject): void {
  const start = writer.open(spanTag.events)
  writeJsonTime(writer, 0x09, member(event, 'timeUnixNano', 'time_unix_nano'), 'timeUnixNano')
  writeJsonText(writer, 0x12, member(event, 'name'), 'name')
  writeJsonAttributes(writer, 0x1a, member(event, 'attributes'), 'attributes')
  writeDropped(writer, 0x20, event)
  writer.close(start)
}

function writeLink(writer: WireWriter, link: JsonObject): void {
  const start = writer.open(spanTag.links)
  writeJsonId(writer, 0x0a, member(link, 'traceId', 'trace_id'), 'traceId', 16)
  writeJsonId(writer, 0x12, member(link, 'spanId', 'span_id'), 'spanId', 8)
  writeJsonText(writer, 0x1a, member(link, 'traceState', 'trace_state'), 'traceState')
  writeJsonAttributes(writer, 0x22, member(link, 'attributes'), 'attributes')
  writeDropped(writer, 0x28, link)
  const flags = toUint32(member(link, 'flags'), 'flags')
  if (flags !== 0) {
    writer.byte(0x35)
    writer.fixed32(flags)
  }
  writer.close(start)
}
