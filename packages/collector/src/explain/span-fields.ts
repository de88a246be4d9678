import { type Attributes, type AttributeValue, Double, type Span } from '@spanloom/core/traces'

/** The value of a field in the form of JSON; 64-bit numbers are text. */
export type FieldValue =
  | string
  | number
  | boolean
  | null
  | readonly FieldValue[]
  | { readonly [key: string]: FieldValue }

/** The fields of a span by name; those that are absent or have the default of OTLP are left out. */
export type Fields = ReadonlyMap<string, FieldValue>

/**
 * All that a span says, one name for each piece: `name`, `attributes.http.route`, `resource.service.name`,
 * `events[0].timeUnixNano`, `links[1].traceId`. Times are unix nanoseconds as text.
 */
export function fieldsOf(span: Span): Fields {
  const fields = new Map<string, FieldValue>()
  const put = (name: string, value: FieldValue, absent: FieldValue = ''): void => {
    if (value !== absent) fields.set(name, value)
  }
  const putAll = (prefix: string, attributes: Attributes): void => {
    for (const [key, value] of Object.entries(attributes)) fields.set(`${prefix}.${key}`, plainValue(value))
  }
  put('traceId', span.traceId)
  put('spanId', span.spanId)
  put('parentSpanId', span.parentSpanId)
  put('traceState', span.traceState)
  put('flags', span.flags, 0)
  put('name', span.name)
  put('kind', span.kind, 'UNSPECIFIED')
  put('startTimeUnixNano', String(span.startTimeUnixNano), '0')
  put('endTimeUnixNano', String(span.endTimeUnixNano), '0')
  put('status.code', span.status.code, 'UNSET')
  put('status.message', span.status.message)
  putAll('attributes', span.attributes)
  for (const [index, event] of span.events.entries()) {
    put(`events[${index}].name`, event.name)
    put(`events[${index}].timeUnixNano`, String(event.timeUnixNano), '0')
    putAll(`events[${index}].attributes`, event.attributes)
    put(`events[${index}].droppedAttributesCount`, event.droppedAttributesCount, 0)
  }
  for (const [index, link] of span.links.entries()) {
    put(`links[${index}].traceId`, link.traceId)
    put(`links[${index}].spanId`, link.spanId)
    put(`links[${index}].traceState`, link.traceState)
    put(`links[${index}].flags`, link.flags, 0)
    putAll(`links[${index}].attributes`, link.attributes)
    put(`links[${index}].droppedAttributesCount`, link.droppedAttributesCount, 0)
  }
  put('droppedAttributesCount', span.droppedAttributesCount, 0)
  put('droppedEventsCount', span.droppedEventsCount, 0)
  put('droppedLinksCount', span.droppedLinksCount, 0)
  putAll('resource', span.resource.attributes)
  put('resource schemaUrl', span.resource.schemaUrl)
  put('scope.name', span.scope.name)
  put('scope.version', span.scope.version)
  putAll('scope.attributes', span.scope.attributes)
  put('scope schemaUrl', span.scope.schemaUrl)
  return fields
}

/** One text for each value. */
export const textOf = (value: FieldValue | undefined): string =>
  typeof value === 'string' ? value : (JSON.stringify(value) ?? '')

function plainValue(value: AttributeValue): FieldValue {
  if (typeof value === 'bigint') return String(value)
  if (value === null || typeof value !== 'object') return value
  if (value instanceof Double) return value.value
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (isList(value)) return value.map(plainValue)
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plainValue(item)]))
}

/** `Array.isArray` does not narrow lists that are readonly. */
function isList(value: object): value is readonly AttributeValue[] {
  return Array.isArray(value)
}
