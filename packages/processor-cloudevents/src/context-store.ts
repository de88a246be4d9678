import type { TraceContext } from '@spanloom/cloudevents'

/** Where an event was made, as far as a span of its producer tells. */
export interface ProducerContext extends TraceContext {
  /** Unix nanoseconds. */
  readonly startTime: bigint
  /** 0 for a Create span, 1 for another span of the producer. */
  readonly rank: number
  /** When the span was seen, in processing time (ms). */
  readonly seenMs: number
}

/** Contexts that are kept for one event. */
const maxContexts = 4

/** Bounds of a {@link ContextStore}. */
export interface ContextStoreOptions {
  readonly ttlMs: number
  readonly maxEntries: number
  /** Hears of events that were forgotten because there was no room for them. */
  readonly onEvicted: (key: string) => void
}

/** Remembers for each event who made it, for a while. Keys are in the order in which they were last added to. */
export class ContextStore {
  readonly #options: ContextStoreOptions
  readonly #entries = new Map<string, readonly ProducerContext[]>()

  constructor(options: ContextStoreOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#entries.size
  }

  /** Adds a context; one of a span that is known already takes the place of the former. Answers all of the event. */
  record(key: string, context: ProducerContext): readonly ProducerContext[] {
    const others = this.find(key, context.seenMs).filter(
      (one) => one.spanId !== context.spanId || one.traceId !== context.traceId,
    )
    const kept = others.length < maxContexts ? others : others.toSpliced(leastUseful(others), 1)
    const contexts = [...kept, context]
    this.restore(key, contexts)
    return contexts
  }

  /** Puts back what was remembered of an event. */
  restore(key: string, contexts: readonly ProducerContext[]): void {
    this.#entries.delete(key)
    this.#entries.set(key, contexts)
    if (this.#entries.size <= this.#options.maxEntries) return
    const [oldest] = this.#entries.keys()
    if (oldest === undefined) return
    this.#entries.delete(oldest)
    this.#options.onEvicted(oldest)
  }

  /** The contexts of an event that are not too old. */
  find(key: string, nowMs: number): readonly ProducerContext[] {
    const contexts = this.#entries.get(key)
    if (contexts === undefined) return []
    const fresh = contexts.filter((one) => this.#isFresh(one, nowMs))
    if (fresh.length === 0) this.#entries.delete(key)
    return fresh
  }

  /** Forgets what is too old. */
  sweep(nowMs: number): void {
    for (const [key, contexts] of this.#entries) {
      if (contexts.some((one) => this.#isFresh(one, nowMs))) return
      this.#entries.delete(key)
    }
  }

  #isFresh({ seenMs }: ProducerContext, nowMs: number): boolean {
    return nowMs - seenMs < this.#options.ttlMs
  }
}

/** The highest rank goes first, then what was seen first. */
function leastUseful(contexts: readonly ProducerContext[]): number {
  const worst = Math.max(...contexts.map(({ rank }) => rank))
  return contexts.findIndex(({ rank }) => rank === worst)
}

/**
 * The context that a consumer's event most likely has: of the best rank the newest that began before the consumer, or
 * the earliest when all began later.
 */
export function bestContext(
  contexts: readonly ProducerContext[],
  consumerStart: bigint,
): ProducerContext | undefined {
  const rank = Math.min(...contexts.map((one) => one.rank))
  const candidates = contexts
    .filter((one) => one.rank === rank)
    .toSorted((a, b) => (a.startTime < b.startTime ? -1 : a.startTime > b.startTime ? 1 : 0))
  return candidates.findLast(({ startTime }) => startTime <= consumerStart) ?? candidates[0]
}
