import { hash } from 'node:crypto'

import { type Clock, sleep, type Span, span, type SpanLink, Traces } from '@spanloom/core'

/** How recorded spans come back. */
export interface ReplaySettings {
  /** 1 is the pace of the recording, 10 ten times faster; 0 as fast as the pipeline takes them. */
  readonly speed: number
  /** Whether the recording begins again when it ends, with trace ids of its own each time. */
  readonly loop: boolean
  /** Whether the times of the spans are moved so that the first batch happens now. */
  readonly shift_to_now: boolean
}

/** Plays batches back at the times at which they happened. One instance plays one recording, any number of times. */
export class Replay {
  readonly #settings: ReplaySettings
  readonly #clock: Clock
  #pass = 0
  /** When the first batch of this pass happened, and when it was played. */
  #first: { readonly recorded: bigint; readonly playedAt: number; readonly shift: bigint } | undefined

  constructor(settings: ReplaySettings, clock: Clock) {
    this.#settings = settings
    this.#clock = clock
  }

  /** Begins the recording again. */
  restart(): void {
    this.#pass += 1
    this.#first = undefined
  }

  /** Waits until the batch is due and gives it as it is to be played. Rejects when the signal aborts. */
  async next(traces: Traces, signal: AbortSignal): Promise<Traces> {
    const recorded = timeOf(traces)
    this.#first ??= {
      recorded,
      playedAt: this.#clock.monotonic(),
      shift: BigInt(this.#clock.now()) * 1_000_000n - recorded,
    }
    const { speed, shift_to_now: shiftToNow } = this.#settings
    const dueMs = speed === 0 ? 0 : Number(recorded - this.#first.recorded) / 1e6 / speed
    const waitMs = this.#first.playedAt + dueMs - this.#clock.monotonic()
    if (waitMs > 0) await sleep(this.#clock, waitMs, signal)
    const shift = shiftToNow ? this.#first.shift : 0n
    if (shift === 0n && this.#pass === 0) return traces
    const retrace = retraceFor(this.#pass)
    return Traces.of(Array.from(traces.spans(), (recordedSpan) => replayed(recordedSpan, shift, retrace)))
  }
}

/** When a batch left its source: when the last of its spans ended. */
function timeOf(traces: Traces): bigint {
  let latest = 0n
  for (const { startTimeUnixNano: start, endTimeUnixNano: end } of traces.spans()) {
    const time = end === 0n ? start : end
    if (time > latest) latest = time
  }
  return latest
}

/** Each pass after the first has traces of its own: two runs in one trace would be a riddle. */
function retraceFor(pass: number): (traceId: string) => string {
  return pass === 0
    ? (traceId) => traceId
    : (traceId) => hash('sha256', `${traceId}#${pass}`, 'hex').slice(0, 32)
}

function replayed(recorded: Span, shift: bigint, retrace: (traceId: string) => string): Span {
  // A span without ids cannot be written anew; it stays as it was recorded.
  if (isZero(recorded.traceId) || isZero(recorded.spanId)) return recorded
  const move = (time: bigint): bigint => (time === 0n || time + shift < 0n ? time : time + shift)
  return span({
    traceId: retrace(recorded.traceId),
    spanId: recorded.spanId,
    parentSpanId: recorded.parentSpanId,
    traceState: recorded.traceState,
    flags: recorded.flags,
    name: recorded.name,
    kind: recorded.kind,
    startTime: move(recorded.startTimeUnixNano),
    endTime: move(recorded.endTimeUnixNano),
    attributes: recorded.attributes,
    events: recorded.events.map(({ timeUnixNano, ...event }) => ({ ...event, time: move(timeUnixNano) })),
    links: recorded.links.filter(isWhole).map((link) => retraced(link, retrace)),
    status: recorded.status,
    droppedAttributesCount: recorded.droppedAttributesCount,
    droppedEventsCount: recorded.droppedEventsCount,
    droppedLinksCount: recorded.droppedLinksCount,
    resource: recorded.resource,
    scope: recorded.scope,
  })
}

function retraced(link: SpanLink, retrace: (traceId: string) => string): SpanLink {
  return { ...link, traceId: retrace(link.traceId) }
}

/** OTLP allows links that name nothing; they cannot be written anew, and say nothing. */
function isWhole({ traceId, spanId }: SpanLink): boolean {
  return !isZero(traceId) && !isZero(spanId)
}

function isZero(id: string): boolean {
  return /^0*$/.test(id)
}
