import type { Attributes, Span, SpanEvent } from '@spanloom/core'

import { endStatuses, isBoundary, type Status } from './flow-event.ts'

/** One event that a span is going to be, with what it is made of. */
export interface PlannedEvent {
  readonly kind: 'started' | 'superseded' | 'restored' | 'active' | 'end'
  readonly status: Status
  readonly time: bigint
  /** The span event that it is; absent for the span's own start and end. */
  readonly own?: SpanEvent
  /** The span event whose milestone and text it says. */
  folded?: SpanEvent
  /** The `exception` that is its error. */
  exception?: SpanEvent
}

/** The events of a span, and what its end needs to know of the others. */
export interface EventPlan {
  /** In the order of `invictus.md` section 9.1, before sorting. */
  readonly events: readonly PlannedEvent[]
  /** The last `exception` that belongs to no event; of a span that is not of Invictus. */
  readonly exception: SpanEvent | undefined
  /** Whether milestones and texts stand in span events, so that the end must not repeat the last one. */
  readonly textsInEvents: boolean
}

const superseded = 'spanloom.superseded'

/** Whether a span was made of Invictus events. */
export function isOfInvictus(attributes: Attributes): boolean {
  return typeof attributes['invictus.step.status'] === 'string'
}

/** Finds the events that a span is (`invictus.md` section 9.1). */
export function planEvents(span: Span, attributes: Attributes, spanEvents: readonly SpanEvent[]): EventPlan {
  const started = startOf(span, attributes)
  const end = endOf(span, attributes)
  const became = supersededIn(spanEvents)
  const folds = [...(started ? [started] : []), ...became.values(), ...(end ? [end] : [])]
  for (const [index, event] of spanEvents.entries()) {
    if (event.name !== 'exception' && !became.has(index)) became.set(index, foldedOrOwn(event, folds))
  }
  const exception = assignExceptions(
    spanEvents,
    became,
    isOfInvictus(attributes) ? { started, end } : undefined,
  )
  // Folded span events became the event that they went into, which is told once.
  const own = spanEvents.flatMap((spanEvent, index) => {
    const event = became.get(index)
    return event?.own === spanEvent ? [event] : []
  })
  return {
    events: [...(started ? [started] : []), ...own, ...(end ? [end] : [])],
    exception,
    textsInEvents: spanEvents.some(({ attributes: each }) => each['invictus.step.status'] !== undefined),
  }
}

function startOf(span: Span, attributes: Attributes): PlannedEvent | undefined {
  const time = span.startTimeUnixNano
  if (time === 0n || attributes['spanloom.late'] === true) return undefined
  return { kind: 'started', status: 'Started', time }
}

function endOf(span: Span, attributes: Attributes): PlannedEvent | undefined {
  const time = span.endTimeUnixNano
  const own = attributes['invictus.step.status']
  const incomplete = attributes['spanloom.incomplete']
  if (time === 0n || (typeof incomplete === 'string' && incomplete.endsWith('end'))) return undefined
  if (attributes['spanloom.late'] === true && !(typeof own === 'string' && endStatuses.has(own)))
    return undefined
  const status = span.status.code === 'ERROR' ? 'Failed' : own === 'Cancelled' ? 'Cancelled' : 'Completed'
  return { kind: 'end', status, time: own === undefined ? time : (reportedEnd(attributes) ?? time) }
}

/** The end as the source told it, where the span's was moved to its start. */
function reportedEnd(attributes: Attributes): bigint | undefined {
  const text = attributes['spanloom.timing.reported_end']
  return typeof text === 'string' && /^\d{1,19}$/.test(text) ? BigInt(text) : undefined
}

function supersededIn(spanEvents: readonly SpanEvent[]): Map<number, PlannedEvent> {
  const found = new Map<number, PlannedEvent>()
  for (const [index, own] of spanEvents.entries()) {
    const status = own.attributes['invictus.step.status']
    if (own.name === superseded && isBoundary(status)) {
      found.set(index, { kind: 'superseded', status, time: own.timeUnixNano, own })
    }
  }
  return found
}

/** The first of `folds` that it says the same as, each taking one; else an event of its own. */
function foldedOrOwn(event: SpanEvent, folds: readonly PlannedEvent[]): PlannedEvent {
  const time = event.timeUnixNano
  const status = event.attributes['invictus.step.status']
  if (!isBoundary(status)) return { kind: 'active', status: 'Active', time, own: event }
  const fold = folds.find((each) => !each.folded && each.status === status && each.time === time)
  if (fold === undefined) return { kind: 'restored', status, time, own: event }
  fold.folded = event
  return fold
}

/** Gives each `exception` to the event that it is the error of, and returns the last one that belongs to none. */
function assignExceptions(
  spanEvents: readonly SpanEvent[],
  became: ReadonlyMap<number, PlannedEvent>,
  ofInvictus:
    | { readonly started: PlannedEvent | undefined; readonly end: PlannedEvent | undefined }
    | undefined,
): SpanEvent | undefined {
  let free: SpanEvent | undefined
  for (const [index, event] of spanEvents.entries()) {
    if (event.name !== 'exception' || became.has(index)) continue
    const isSameTime = (each: PlannedEvent | undefined): boolean => each?.time === event.timeUnixNano
    const before = became.get(index - 1)
    const candidates = ofInvictus
      ? [before, ofInvictus.end, ofInvictus.started]
      : before?.kind === 'restored'
        ? [before]
        : []
    const owner = candidates.find(isSameTime)
    if (owner !== undefined) owner.exception = event
    else if (ofInvictus === undefined) free = event
  }
  return free
}
