// As much of tracing as the example needs, so that it has no dependency: spans as OTLP JSON. A real service uses an SDK.
import { randomBytes } from 'node:crypto'

const kinds = { internal: 1, server: 2, client: 3, producer: 4, consumer: 5 }
const now = () => String(BigInt(Date.now()) * 1_000_000n)

/** Begins a span below `parent`, or a trace. */
export function startSpan(name, { kind = 'internal', parent, attributes = {} } = {}) {
  return {
    name,
    kind: kinds[kind],
    traceId: parent?.traceId ?? randomBytes(16).toString('hex'),
    spanId: randomBytes(8).toString('hex'),
    parentSpanId: parent?.spanId ?? '',
    startTimeUnixNano: now(),
    attributes: Object.entries(attributes).map(([key, value]) => ({ key, value: otlpValue(value) })),
  }
}

/** Ends a span. */
export function endSpan(span) {
  span.endTimeUnixNano = now()
}

/** The span as a `traceparent`. */
export const traceparentOf = ({ traceId, spanId }) => `00-${traceId}-${spanId}-01`

/** Sends spans to the collector. */
export async function exportSpans(endpoint, service, spans) {
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: service } }] }
  const response = await fetch(`${endpoint}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans }] }] }),
  })
  if (!response.ok) throw new Error(`The collector answered with ${response.status}.`)
}

const otlpValue = (value) =>
  Array.isArray(value) ? { arrayValue: { values: value.map(otlpValue) } } : { stringValue: String(value) }
