import type { Span } from '@spanloom/core'

/**
 * The event type of a span (`orchest.md` section 7): `orchest.event.type`, else the first of the attributes named that
 * is a text, else the name of the span.
 */
export function eventTypeOf(span: Span, eventTypeFrom: readonly string[]): string {
  for (const key of ['orchest.event.type', ...eventTypeFrom]) {
    const value = span.attribute(key)
    if (typeof value === 'string' && value !== '') return value
  }
  return span.name
}
