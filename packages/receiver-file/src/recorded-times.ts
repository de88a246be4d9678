import { type Span, span, type SpanLink, Traces } from '@spanloom/core'

/** When a batch left its source, in unix nanoseconds: when the last of its spans ended; 0 when it tells no time. */
export function timeOf(traces: Traces): bigint {
  let latest = 0n
  for (const one of traces.spans()) {
    const { startTimeUnixNano: start, endTimeUnixNano: end } = one
    // A fragment that only tells of something in between has its time in there.
    const time = end !== 0n ? end : start !== 0n ? start : (one.events[0]?.timeUnixNano ?? 0n)
    if (time > latest) latest = time
  }
  return latest
}

/** What becomes of recorded spans. */
export interface Move {
  /** Nanoseconds that are added to all times that are set. */
  readonly shift: bigint
  readonly retrace: (traceId: string) => string
}

/**
 * The batch with its spans, their events and their links moved. Times in attributes stay, and so do spans without ids,
 * which cannot be written anew.
 */
export function movedTraces(traces: Traces, move: Move): Traces {
  return Traces.of(Array.from(traces.spans(), (recorded) => movedSpan(recorded, move)))
}

/** Whether a span can be moved. */
export function isMovable({ traceId, spanId }: Span): boolean {
  return !isZero(traceId) && !isZero(spanId)
}

function movedSpan(recorded: Span, { shift, retrace }: Move): Span {
  if (!isMovable(recorded)) return recorded
  const moved = (time: bigint): bigint => (time === 0n || time + shift < 0n ? time : time + shift)
  return span({
    traceId: retrace(recorded.traceId),
    spanId: recorded.spanId,
    parentSpanId: recorded.parentSpanId,
    traceState: recorded.traceState,
    flags: recorded.flags,
    name: recorded.name,
    kind: recorded.kind,
    startTime: moved(recorded.startTimeUnixNano),
    endTime: moved(recorded.endTimeUnixNano),
    attributes: recorded.attributes,
    events: recorded.events.map(({ timeUnixNano, ...event }) => ({ ...event, time: moved(timeUnixNano) })),
    links: recorded.links.filter(isWhole).map((link) => ({ ...link, traceId: retrace(link.traceId) })),
    status: recorded.status,
    droppedAttributesCount: recorded.droppedAttributesCount,
    droppedEventsCount: recorded.droppedEventsCount,
    droppedLinksCount: recorded.droppedLinksCount,
    resource: recorded.resource,
    scope: recorded.scope,
  })
}

/** OTLP allows links that name nothing; they cannot be written anew, and say nothing. */
function isWhole({ traceId, spanId }: SpanLink): boolean {
  return !isZero(traceId) && !isZero(spanId)
}

function isZero(id: string): boolean {
  return /^0*$/.test(id)
}
