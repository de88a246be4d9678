import type { Span } from '@spanloom/core/traces'

/** A consumer span that waits for its producer. */
export interface WaitingSpan {
  readonly key: string
  readonly span: Span
  /** When it leaves without a link, in processing time (ms). */
  readonly dueMs: number
  /** Its record on disk; 0 without a storage. */
  readonly record: number
}

/** Consumer spans in the order in which they came, which is that in which their time runs out. */
export class WaitingRoom {
  readonly #all = new Set<WaitingSpan>()
  readonly #byKey = new Map<string, Set<WaitingSpan>>()
  #bytes: number = 0

  get size(): number {
    return this.#all.size
  }

  get bytes(): number {
    return this.#bytes
  }

  /** When the first leaves; Infinity when nobody waits. */
  get nextDueMs(): number {
    const [first] = this.#all
    return first?.dueMs ?? Number.POSITIVE_INFINITY
  }

  add(waiting: WaitingSpan): void {
    this.#all.add(waiting)
    this.#bytes += sizeOf(waiting)
    const same = this.#byKey.get(waiting.key)
    if (same === undefined) this.#byKey.set(waiting.key, new Set([waiting]))
    else same.add(waiting)
  }

  /** Takes out all that wait for an event. */
  release(key: string): readonly WaitingSpan[] {
    const waiting = [...(this.#byKey.get(key) ?? [])]
    for (const one of waiting) this.#remove(one)
    return waiting
  }

  /** Takes out the one that has waited longest. */
  releaseOldest(): WaitingSpan | undefined {
    const [oldest] = this.#all
    if (oldest !== undefined) this.#remove(oldest)
    return oldest
  }

  #remove(waiting: WaitingSpan): void {
    this.#all.delete(waiting)
    this.#bytes -= sizeOf(waiting)
    const same = this.#byKey.get(waiting.key)
    same?.delete(waiting)
    if (same?.size === 0) this.#byKey.delete(waiting.key)
  }
}

const sizeOf = ({ span }: WaitingSpan): number => span.end - span.start
