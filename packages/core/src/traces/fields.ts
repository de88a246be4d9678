/** Protobuf wire types. */
export const wireType = { varint: 0, fixed64: 1, bytes: 2, groupStart: 3, groupEnd: 4, fixed32: 5 } as const

/** Field numbers of `TracesData` and of `ExportTraceServiceRequest`, which are the same on the wire. */
export const tracesField = { resourceSpans: 1 } as const

/** Field numbers of `ResourceSpans`. */
export const resourceSpansField = { resource: 1, scopeSpans: 2, schemaUrl: 3 } as const

/** Field numbers of `ScopeSpans`. */
export const scopeSpansField = { scope: 1, spans: 2, schemaUrl: 3 } as const

/** Field numbers of `Resource`. */
export const resourceField = { attributes: 1, droppedAttributesCount: 2, entityRefs: 3 } as const

/** Field numbers of `InstrumentationScope`. */
export const scopeField = { name: 1, version: 2, attributes: 3, droppedAttributesCount: 4 } as const

/** Field numbers of `Span`. */
export const spanField = {
  traceId: 1,
  spanId: 2,
  traceState: 3,
  parentSpanId: 4,
  name: 5,
  kind: 6,
  startTimeUnixNano: 7,
  endTimeUnixNano: 8,
  attributes: 9,
  droppedAttributesCount: 10,
  events: 11,
  droppedEventsCount: 12,
  links: 13,
  droppedLinksCount: 14,
  status: 15,
  flags: 16,
} as const

/** Field numbers of `Span.Event`. */
export const eventField = { timeUnixNano: 1, name: 2, attributes: 3, droppedAttributesCount: 4 } as const

/** Field numbers of `Span.Link`. */
export const linkField = {
  traceId: 1,
  spanId: 2,
  traceState: 3,
  attributes: 4,
  droppedAttributesCount: 5,
  flags: 6,
} as const

/** Field numbers of `Status`. */
export const statusField = { message: 2, code: 3 } as const

/** Field numbers of `KeyValue`. */
export const keyValueField = { key: 1, value: 2 } as const

/** Field numbers of `AnyValue`. */
export const anyValueField = {
  stringValue: 1,
  boolValue: 2,
  intValue: 3,
  doubleValue: 4,
  arrayValue: 5,
  kvlistValue: 6,
  bytesValue: 7,
} as const

/** Field number of the only field of `ArrayValue` and of `KeyValueList`. */
export const listField = { values: 1 } as const

/** How deep attribute values and unknown groups may nest; bounds every recursion over hostile data. */
export const maxNesting = 64
