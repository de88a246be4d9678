import protobuf from 'protobufjs'

type Fields = Record<string, { type: string; id: number; rule?: 'repeated' }>

const one = (type: string, id: number) => ({ type, id })
const many = (type: string, id: number) => ({ type, id, rule: 'repeated' as const })

const messages: Record<string, Fields> = {
  ExportTraceServiceRequest: { resourceSpans: many('ResourceSpans', 1) },
  ResourceSpans: {
    resource: one('Resource', 1),
    scopeSpans: many('ScopeSpans', 2),
    schemaUrl: one('string', 3),
  },
  Resource: { attributes: many('KeyValue', 1), droppedAttributesCount: one('uint32', 2) },
  ScopeSpans: { scope: one('Scope', 1), spans: many('Span', 2), schemaUrl: one('string', 3) },
  Scope: {
    name: one('string', 1),
    version: one('string', 2),
    attributes: many('KeyValue', 3),
    droppedAttributesCount: one('uint32', 4),
  },
  Span: {
    traceId: one('bytes', 1),
    spanId: one('bytes', 2),
    traceState: one('string', 3),
    parentSpanId: one('bytes', 4),
    name: one('string', 5),
    kind: one('int32', 6),
    startTimeUnixNano: one('fixed64', 7),
    endTimeUnixNano: one('fixed64', 8),
    attributes: many('KeyValue', 9),
    droppedAttributesCount: one('uint32', 10),
    events: many('Event', 11),
    droppedEventsCount: one('uint32', 12),
    links: many('Link', 13),
    droppedLinksCount: one('uint32', 14),
    status: one('Status', 15),
    flags: one('fixed32', 16),
  },
  Event: {
    timeUnixNano: one('fixed64', 1),
    name: one('string', 2),
    attributes: many('KeyValue', 3),
    droppedAttributesCount: one('uint32', 4),
  },
  Link: {
    traceId: one('bytes', 1),
    spanId: one('bytes', 2),
    traceState: one('string', 3),
    attributes: many('KeyValue', 4),
    droppedAttributesCount: one('uint32', 5),
    flags: one('fixed32', 6),
  },
  Status: { message: one('string', 2), code: one('int32', 3) },
  KeyValue: { key: one('string', 1), value: one('AnyValue', 2) },
  ArrayValue: { values: many('AnyValue', 1) },
  KeyValueList: { values: many('KeyValue', 1) },
}

/** OTLP's trace messages as protobufjs types, which generate their code when first used. */
export function exportTraceServiceRequest(): protobuf.Type {
  const nested = Object.fromEntries(Object.entries(messages).map(([name, fields]) => [name, { fields }]))
  const anyValue = {
    oneofs: {
      value: {
        oneof: [
          'stringValue',
          'boolValue',
          'intValue',
          'doubleValue',
          'arrayValue',
          'kvlistValue',
          'bytesValue',
        ],
      },
    },
    fields: {
      stringValue: one('string', 1),
      boolValue: one('bool', 2),
      intValue: one('int64', 3),
      doubleValue: one('double', 4),
      arrayValue: one('ArrayValue', 5),
      kvlistValue: one('KeyValueList', 6),
      bytesValue: one('bytes', 7),
    },
  }
  return protobuf.Root.fromJSON({ nested: { ...nested, AnyValue: anyValue } }).lookupType(
    'ExportTraceServiceRequest',
  )
}
