import { type Attributes, type AttributeValue, Double, type Span } from '@spanloom/core'
import { timeText } from '@spanloom/exporter-file'

/** A span as one flat object for `jq` and its like; what is not set is left out. */
export function spanJson(span: Span): Record<string, unknown> {
  const { startTimeUnixNano: start, endTimeUnixNano: end, status, parentSpanId, events, links, scope } = span
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    ...(parentSpanId !== '' && { parentSpanId }),
    name: span.name,
    kind: span.kind,
    ...fragmentOf(start, end),
    ...(start !== 0n && { startTime: timeText(start) }),
    ...(end !== 0n && { endTime: timeText(end) }),
    ...(start !== 0n && end !== 0n && { durationMs: Number(end - start) / 1e6 }),
    ...(status.code !== 'UNSET' && { status: status.message === '' ? { code: status.code } : status }),
    attributes: plainAttributes(span.attributes),
    resource: plainAttributes(span.resource.attributes),
    ...(scope.name !== '' && { scope: scope.name }),
    ...(events.length > 0 && {
      events: events.map(({ timeUnixNano, name, attributes }) => ({
        time: timeText(timeUnixNano),
        name,
        attributes: plainAttributes(attributes),
      })),
    }),
    ...(links.length > 0 && {
      links: links.map(({ traceId, spanId, attributes }) => ({
        traceId,
        spanId,
        attributes: plainAttributes(attributes),
      })),
    }),
  }
}

/** What a span is that is not whole: part of one that is still to be assembled. */
function fragmentOf(start: bigint, end: bigint): { readonly fragment?: 'start' | 'update' | 'end' } {
  if (start !== 0n && end !== 0n) return {}
  return { fragment: start !== 0n ? 'start' : end !== 0n ? 'end' : 'update' }
}

function plainAttributes(attributes: Attributes): Record<string, unknown> {
  return Object.fromEntries(Object.entries(attributes).map(([key, value]) => [key, plainValue(value)]))
}

/** As in OTLP JSON, integers that a JSON number cannot hold are text, and bytes are base64. */
function plainValue(value: AttributeValue): unknown {
  if (value instanceof Double) return value.value
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (typeof value === 'bigint') return String(value)
  if (typeof value !== 'object' || value === null) return value
  return isList(value) ? value.map(plainValue) : plainAttributes(value)
}

// Array.isArray does not narrow a readonly list.
function isList(value: readonly AttributeValue[] | object): value is readonly AttributeValue[] {
  return Array.isArray(value)
}
