import { type Span, Traces } from '@spanloom/core'

import type { EventBatch } from '../event.ts'

/** What is to be handed on of a batch. */
export interface ReplayPlan {
  /** For each event of the batch, in place of its own spans. */
  readonly parts: readonly Traces[]
  /** The parts were taken: only now the filter remembers that. */
  commit(): void
}

/** Where a reader stands that began behind a checkpoint. */
interface Claim {
  readonly signal: AbortSignal
  /** From here on a trace was seen whole: one that is open began at most one length ago. */
  readonly edge: number
  /** From here on nothing has to be kept any more. */
  readonly end: number
  /** Spans from before the edge, by trace, that wait for one from behind it. */
  readonly waiting: Map<string, Span[]>
}

/**
 * Reading again from a safe place ({@link SafeTrail}) would show traces whose beginning lies before that place: their
 * spans left long ago, and what is left of them would make others. The filter hands on whole traces only: what comes
 * in the first length waits until its trace has a span behind that, and goes away when it has none.
 */
export class ReplayFilter {
  readonly #lengthMs: number
  readonly #claims = new Map<string, Claim>()

  /** `lengthMs`: from the first event of a trace until its spans have left, at most; 0 switches the filter off. */
  constructor(lengthMs: number) {
    this.#lengthMs = lengthMs
  }

  /** `spans` are those of the events of the batch, in order. Calling it again without `commit` gives the same. */
  plan({ partitionId, events, signal, resumed }: EventBatch, spans: readonly Traces[]): ReplayPlan {
    const claim = this.#claimOf(partitionId, signal, resumed === true, events[0]?.enqueuedTime ?? 0)
    if (claim === undefined) return { parts: spans, commit: () => undefined }
    const waiting = new Map(claim.waiting)
    // Lists of earlier batches are copied before they grow, so that a plan that is not carried out changes nothing.
    const ours = new Set<readonly Span[]>()
    let ended = false
    const parts = events.map(({ enqueuedTime }, index) => {
      const own = spans[index] ?? Traces.empty
      if (enqueuedTime >= claim.end) {
        ended = true
        waiting.clear()
      }
      if (enqueuedTime >= claim.edge || ended) return withEarlier(own, waiting)
      own.forEach((span) => {
        const trace = traceOf(span)
        const others = waiting.get(trace)
        if (others !== undefined && ours.has(others)) others.push(span)
        else {
          const list = [...(others ?? []), span]
          ours.add(list)
          waiting.set(trace, list)
        }
      })
      return Traces.empty
    })
    return {
      parts,
      commit: () => {
        if (ended) this.#claims.set(partitionId, { ...claim, edge: 0, end: Infinity, waiting: new Map() })
        else this.#claims.set(partitionId, { ...claim, waiting })
      },
    }
  }

  #claimOf(partitionId: string, signal: AbortSignal, resumed: boolean, firstTime: number): Claim | undefined {
    if (this.#lengthMs === 0 || !resumed) return undefined
    const known = this.#claims.get(partitionId)
    // A reader has one signal for as long as it owns the partition.
    if (known?.signal === signal) return known.end === Infinity ? undefined : known
    const claim = {
      signal,
      edge: firstTime + this.#lengthMs,
      end: firstTime + 2 * this.#lengthMs,
      waiting: new Map<string, Span[]>(),
    }
    this.#claims.set(partitionId, claim)
    return claim
  }
}

function withEarlier(own: Traces, waiting: Map<string, Span[]>): Traces {
  if (waiting.size === 0) return own
  const earlier: Span[] = []
  own.forEach((span) => {
    const trace = traceOf(span)
    earlier.push(...(waiting.get(trace) ?? []))
    waiting.delete(trace)
  })
  return earlier.length === 0 ? own : Traces.concat([Traces.of(earlier), own])
}

/** What is assembled together: a group, else a trace. */
function traceOf(span: Span): string {
  const group = span.attribute('spanloom.group')
  return typeof group === 'string' ? `group ${group}` : span.traceId
}
