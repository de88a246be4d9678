import { type Span, toOtlpJson, Traces } from '@spanloom/core/traces'

import { createEvent } from './encode.ts'
import type { CloudEvent } from './event.ts'
import { formatTraceparent } from './trace-context.ts'

/** Type of the events that finished spans become. */
export const spanEventType = 'io.spanloom.span.finished'

/** How a span becomes an event. */
export interface SpanEventOptions {
  /** The attribute `source`. Default: `/` and `service.name` of the span's resource, or `/spanloom`. */
  readonly source?: string
  /** The attribute `type`. Default {@link spanEventType}. */
  readonly type?: string
  /** The data; default: the span as OTLP JSON with its resource and scope. */
  readonly data?: unknown
}

/**
 * Makes an event of a finished span. Its id is made of the span's ids, so that a span that is delivered twice is
 * recognised; its distributed tracing extension names the span, so that who consumes the event can link to it.
 */
export function spanEvent(
  span: Span,
  { source, type = spanEventType, data }: SpanEventOptions = {},
): CloudEvent {
  const { traceId, spanId, flags, traceState, name } = span
  const value: unknown = data === undefined ? JSON.parse(toOtlpJson(Traces.of([span]))) : data
  return createEvent({
    id: `${traceId}-${spanId}`,
    source: source ?? sourceOf(span),
    type,
    attributes: {
      subject: name,
      time: timestampOf(span.endTimeUnixNano || span.startTimeUnixNano),
      datacontenttype: 'application/json',
      // Flags of 0 are those of an exporter that does not tell: what was exported was sampled.
      traceparent: formatTraceparent({ traceId, spanId, flags: flags === 0 ? 1 : flags }),
      tracestate: traceState,
    },
    data: { kind: 'json', value },
  })
}

function sourceOf({ resource }: Span): string {
  const name = resource.attributes['service.name']
  return typeof name === 'string' && name !== '' ? `/${encodeURIComponent(name)}` : '/spanloom'
}

/** RFC 3339 with all digits of unix nanoseconds; undefined for 0. */
function timestampOf(unixNano: bigint): string | undefined {
  if (unixNano === 0n) return undefined
  const seconds = new Date(Number(unixNano / 1_000_000_000n) * 1000).toISOString().slice(0, 19)
  return `${seconds}.${String(unixNano % 1_000_000_000n).padStart(9, '0')}Z`
}
