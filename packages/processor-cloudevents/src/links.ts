import type { TraceContext } from '@spanloom/cloudevents'
import type { Span, SpanChange, SpanLinkInit } from '@spanloom/core/traces'

/** Where a link was found. */
export type LinkOrigin = 'extension' | 'store'

/** Bits of OTLP flags that say: it is known whether the span is remote, and it is. */
const remote = 0x300

/** A link to where an event was made. */
export function linkTo(
  { traceId, spanId, flags, traceState }: TraceContext,
  origin: LinkOrigin,
): SpanLinkInit {
  return {
    traceId,
    spanId,
    flags: remote | flags,
    ...(traceState === '' ? {} : { traceState }),
    attributes: { 'spanloom.link.origin': origin },
  }
}

/** Whether the span is that context itself, or links to it already. */
export function isLinked(span: Span, { traceId, spanId }: TraceContext): boolean {
  return (
    (span.traceId === traceId && span.spanId === spanId) ||
    span.links.some((link) => link.traceId === traceId && link.spanId === spanId)
  )
}

/** The change that adds links as far as there is room, and counts the others as dropped. */
export function withLinks(span: Span, links: readonly SpanLinkInit[], maxLinks: number): SpanChange {
  const room = Math.max(0, maxLinks - span.links.length)
  if (links.length <= room) return { addLinks: links }
  return {
    addLinks: links.slice(0, room),
    droppedLinksCount: span.droppedLinksCount + links.length - room,
  }
}
