import type { CommandContext } from './context.ts'
import { headerValue } from './identifiers.ts'

/**
 * Headers for a call to an inner service: the received trace id, the span that calls (the other side keeps it as its
 * parent), and both in W3C form. A trace id that cannot travel in HTTP is left out of `trace-id`.
 */
export function innerHeaders(context: CommandContext): Record<string, string> {
  const traceId = headerValue(context.traceId)
  return {
    ...(traceId === undefined ? {} : { 'trace-id': traceId }),
    'span-id': context.spanId,
    traceparent: `00-${context.otelTraceId}-${context.spanId}-${context.sampled ? '01' : '00'}`,
  }
}

/** Headers of the callback: the received trace id is mandatory, the span ids are for whoever wants them. */
export function callbackHeaders(context: CommandContext, spanHeaders: boolean): Record<string, string> {
  const traceId = headerValue(context.traceId)
  const parentSpanId = spanHeaders ? headerValue(context.parentSpanId) : undefined
  return {
    ...(traceId === undefined ? {} : { 'trace-id': traceId }),
    ...(spanHeaders ? { 'span-id': context.spanId } : {}),
    ...(parentSpanId === undefined ? {} : { 'parent-span-id': parentSpanId }),
  }
}
