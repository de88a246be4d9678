import { encodeText, type Fact, isOlder, laterVersion } from './fact.ts'

/** What an `add` did. */
export interface Change {
  /** The fact as it is now remembered; absent when it brought nothing new. */
  readonly kept?: Fact
  /** The fact that went for it. */
  readonly evicted?: Fact
}

const nothing: Change = {}

/**
 * The newest facts of one kind, at most `limit`, one version of each.
 *
 * What is in it after any facts in any order is the same: the versions of a fact are joined, and only the newest
 * stay. That the newer version of a fact is never older than the one before makes the two go together.
 */
export class Newest {
  readonly #limit: number
  readonly #facts = new Map<string, Fact>()
  /** A heap with the oldest fact on top. Facts that were replaced stay in it until they come to the top. */
  #heap: Fact[] = []

  constructor(limit: number) {
    this.#limit = limit
  }

  get size(): number {
    return this.#facts.size
  }

  values(): IterableIterator<Fact> {
    return this.#facts.values()
  }

  add(fact: Fact): Change {
    const before = this.#facts.get(fact.id)
    if (before !== undefined) {
      const later = laterVersion(before, fact)
      if (later === before || encodeText(later) === encodeText(before)) return nothing
      this.#put(later)
      return { kept: later }
    }
    if (this.#facts.size < this.#limit) {
      this.#put(fact)
      return { kept: fact }
    }
    const oldest = this.#oldest()
    if (oldest === undefined || isOlder(fact, oldest)) return nothing
    this.#pop()
    this.#facts.delete(oldest.id)
    this.#put(fact)
    return { kept: fact, evicted: oldest }
  }

  #put(fact: Fact): void {
    this.#facts.set(fact.id, fact)
    this.#push(fact)
    if (this.#heap.length > 2 * this.#limit) {
      this.#heap = []
      for (const each of this.#facts.values()) this.#push(each)
    }
  }

  #oldest(): Fact | undefined {
    for (let top = this.#heap[0]; top !== undefined; top = this.#heap[0]) {
      if (this.#facts.get(top.id) === top) return top
      this.#pop()
    }
    return undefined
  }

  #push(fact: Fact): void {
    const heap = this.#heap
    let at = heap.push(fact) - 1
    while (at > 0) {
      const above = (at - 1) >> 1
      const other = heap[above]
      if (other === undefined || !isOlder(fact, other)) break
      heap[at] = other
      at = above
    }
    heap[at] = fact
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return
    let at = 0
    for (;;) {
      const left = 2 * at + 1
      const [a, b] = [heap[left], heap[left + 1]]
      if (a === undefined) break
      const right = b !== undefined && isOlder(b, a)
      const older = right ? b : a
      if (!isOlder(older, last)) break
      heap[at] = older
      at = right ? left + 1 : left
    }
    heap[at] = last
  }
}
