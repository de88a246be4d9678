import { readKeyValue } from './attribute-reader.ts'
import { Envelope } from './envelope.ts'
import {
  resourceField,
  resourceSpansField,
  scopeField,
  scopeSpansField,
  spanField,
  tracesField,
} from './fields.ts'
import { Resource } from './resource.ts'
import { Scope } from './scope.ts'
import { type SpanEvent, type SpanLink } from './span-parts.ts'
import { Span } from './span.ts'
import { type Traces } from './traces.ts'
import { type Attributes, type AttributeValue, Double, isInteger, isList } from './values.ts'
import { FieldCursor, readUint32 } from './wire.ts'

/**
 * Writes OTLP/JSON on one line: lowerCamelCase names, ids in hex, 64-bit integers as text, enums as numbers.
 *
 * Attributes keep their exact types. What has its default value is left out, but for the objects that readers
 * like to find (resource, scope, status); fields that OTLP does not know are left out, too. Equal bytes give
 * equal text.
 */
export function toOtlpJson(traces: Traces): string {
  const groups: string[] = []
  for (const chunk of traces.chunks) {
    const fields = new FieldCursor(chunk, 0, chunk.length)
    while (fields.next()) if (fields.field === tracesField.resourceSpans) groups.push(resourceSpans(fields))
  }
  return `{"resourceSpans":[${groups.join(',')}]}`
}

type Range = Pick<FieldCursor, 'buffer' | 'start' | 'end'>

function resourceSpans({ buffer, start, end }: Range): string {
  const resource = new Resource(new Envelope(buffer, start, end))
  const scopes: string[] = []
  const fields = new FieldCursor(buffer, start, end)
  while (fields.next()) {
    if (fields.field === resourceSpansField.scopeSpans) scopes.push(scopeSpans(fields, resource))
  }
  const { bytes, schemaUrl } = resource
  const { attributes, droppedAttributesCount: droppedField } = resourceField
  const head = new Members()
  head.add('attributes', attributesIn(bytes, 0, bytes.length, attributes))
  head.add('droppedAttributesCount', countIn(bytes, droppedField))
  return `{"resource":${head.text()},"scopeSpans":[${scopes.join(',')}]${schemaUrlMember(schemaUrl)}}`
}

function scopeSpans({ buffer, start, end }: Range, resource: Resource): string {
  const scope = new Scope(new Envelope(buffer, start, end))
  const spans: string[] = []
  const fields = new FieldCursor(buffer, start, end)
  while (fields.next()) {
    if (fields.field !== scopeSpansField.spans) continue
    spans.push(spanText(new Span(buffer, fields.start, fields.end, resource, scope)))
  }
  const { bytes, name, version, schemaUrl } = scope
  const head = new Members()
  head.add('name', text(name))
  head.add('version', text(version))
  head.add('attributes', attributesIn(bytes, 0, bytes.length, scopeField.attributes))
  head.add('droppedAttributesCount', countIn(bytes, scopeField.droppedAttributesCount))
  return `{"scope":${head.text()},"spans":[${spans.join(',')}]${schemaUrlMember(schemaUrl)}}`
}

function schemaUrlMember(schemaUrl: string): string {
  return schemaUrl === '' ? '' : `,"schemaUrl":${JSON.stringify(schemaUrl)}`
}

function spanText(span: Span): string {
  const members = new Members()
  members.add('traceId', JSON.stringify(span.traceId))
  members.add('spanId', JSON.stringify(span.spanId))
  members.add('traceState', text(span.traceState))
  members.add('parentSpanId', text(span.parentSpanId))
  members.add('flags', count(span.flags))
  members.add('name', JSON.stringify(span.name))
  members.add('kind', count(span.kindNumber))
  members.add('startTimeUnixNano', time(span.startTimeUnixNano))
  members.add('endTimeUnixNano', time(span.endTimeUnixNano))
  members.add('attributes', attributesIn(span.buffer, span.start, span.end, spanField.attributes))
  members.add('droppedAttributesCount', count(span.droppedAttributesCount))
  members.add('events', list(span.events.map(eventText)))
  members.add('droppedEventsCount', count(span.droppedEventsCount))
  members.add('links', list(span.links.map(linkText)))
  members.add('droppedLinksCount', count(span.droppedLinksCount))
  const status = new Members()
  status.add('message', text(span.statusNumber.message))
  status.add('code', count(span.statusNumber.code))
  members.add('status', status.text())
  return members.text()
}

function eventText({ timeUnixNano, name, attributes, droppedAttributesCount }: SpanEvent): string {
  const members = new Members()
  members.add('timeUnixNano', time(timeUnixNano))
  members.add('name', JSON.stringify(name))
  members.add('attributes', attributesText(attributes))
  members.add('droppedAttributesCount', count(droppedAttributesCount))
  return members.text()
}

function linkText(link: SpanLink): string {
  const members = new Members()
  members.add('traceId', JSON.stringify(link.traceId))
  members.add('spanId', JSON.stringify(link.spanId))
  members.add('traceState', text(link.traceState))
  members.add('attributes', attributesText(link.attributes))
  members.add('droppedAttributesCount', count(link.droppedAttributesCount))
  members.add('flags', count(link.flags))
  return members.text()
}

/** The members of one object; those without a text are left out. */
class Members {
  #members: string = ''

  add(name: string, value: string): void {
    if (value !== '') this.#members += `${this.#members === '' ? '' : ','}"${name}":${value}`
  }

  text(): string {
    return `{${this.#members}}`
  }
}

function text(value: string): string {
  return value === '' ? '' : JSON.stringify(value)
}

function count(value: number): string {
  return value === 0 ? '' : String(value)
}

function time(value: bigint): string {
  return value === 0n ? '' : `"${value}"`
}

function list(items: readonly string[]): string {
  return items.length === 0 ? '' : `[${items.join(',')}]`
}

/** The attributes in a message in the order of its bytes. */
function attributesIn(buffer: Buffer, start: number, end: number, field: number): string {
  const entries: string[] = []
  const fields = new FieldCursor(buffer, start, end)
  while (fields.next()) {
    if (fields.field !== field) continue
    const [key, value] = readKeyValue(buffer, fields.start, fields.end)
    entries.push(keyValueText(key, value))
  }
  return list(entries)
}

function countIn(bytes: Buffer, field: number): string {
  const fields = new FieldCursor(bytes, 0, bytes.length)
  let value = 0
  while (fields.next()) if (fields.field === field) value = readUint32(bytes, fields.start)
  return count(value)
}

function attributesText(attributes: Attributes): string {
  return list(Object.entries(attributes).map(([key, value]) => keyValueText(key, value)))
}

function keyValueText(key: string, value: AttributeValue): string {
  return `{"key":${JSON.stringify(key)},"value":${valueText(value)}}`
}

function valueText(value: AttributeValue): string {
  if (typeof value === 'string') return `{"stringValue":${JSON.stringify(value)}}`
  if (typeof value === 'boolean') return `{"boolValue":${value}}`
  if (typeof value === 'bigint') return `{"intValue":"${value}"}`
  if (typeof value === 'number') return isInteger(value) ? `{"intValue":"${value}"}` : doubleText(value)
  return value === null ? '{}' : objectText(value)
}

function objectText(value: Extract<AttributeValue, object>): string {
  if (value instanceof Double) return doubleText(value.value)
  if (value instanceof Uint8Array) return `{"bytesValue":"${Buffer.from(value).toString('base64')}"}`
  if (isList(value)) return `{"arrayValue":{"values":[${value.map(valueText).join(',')}]}}`
  const entries = Object.entries(value).map(([key, item]) => keyValueText(key, item))
  return `{"kvlistValue":{"values":[${entries.join(',')}]}}`
}

function doubleText(value: number): string {
  if (Number.isFinite(value)) return `{"doubleValue":${Object.is(value, -0) ? '-0' : value}}`
  return `{"doubleValue":"${value}"}`
}
