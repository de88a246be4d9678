export { Envelope } from './envelope.ts'
export * from './fields.ts'
export { bytesToHex, hexToBytes, isSpanId, isTraceId } from './ids.ts'
export { parseOtlpJson } from './parse-otlp-json.ts'
export { Resource } from './resource.ts'
export { Scope, type ScopeInit } from './scope.ts'
export { type SpanChange } from './span-change.ts'
export {
  type SpanEventInit,
  type SpanInit,
  type SpanLinkInit,
  type SpanStatusInit,
  type Time,
} from './span-init.ts'
export {
  type SpanEvent,
  type SpanKind,
  type SpanLink,
  type SpanStatus,
  type StatusCode,
} from './span-parts.ts'
export { SpanCursor } from './span-cursor.ts'
export { Span, span } from './span.ts'
export { toOtlpJson } from './to-otlp-json.ts'
export { TracesBuilder, type TracesBuilderDefaults } from './traces-builder.ts'
export { Traces } from './traces.ts'
export { type Attributes, type AttributeValue, double, Double } from './values.ts'
export * from './wire.ts'
export { WireWriter } from './wire-writer.ts'
export { writeAttribute, writeAttributes } from './attribute-writer.ts'
export { readAttributes } from './attribute-reader.ts'
