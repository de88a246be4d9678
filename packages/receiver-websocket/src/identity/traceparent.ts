import { isSpanId, isTraceId } from '@spanloom/core'

/** What a W3C `traceparent` says. */
export interface TraceParent {
  readonly traceId: string
  readonly spanId: string
  /** Trace flags, 0 to 255. */
  readonly flags: number
}

const form = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/

/** Reads a `traceparent`; `undefined` for one that is not valid by the W3C recommendation. */
export function parseTraceParent(text: string | undefined): TraceParent | undefined {
  if (text === undefined) return undefined
  const [, version, traceId = '', spanId = '', flags = '', more] = form.exec(text) ?? []
  if (version === undefined || version === 'ff' || (version === '00' && more !== undefined)) return undefined
  if (!isTraceId(traceId) || !isSpanId(spanId)) return undefined
  return { traceId, spanId, flags: Number.parseInt(flags, 16) }
}

/**
 * A `traceparent` for calls below a span. The flag for random ids is never set, because the id came from outside
 * (`websocket.md` section 3).
 */
export function traceParentOf(traceId: string, spanId: string): string {
  return `00-${traceId}-${spanId}-01`
}
