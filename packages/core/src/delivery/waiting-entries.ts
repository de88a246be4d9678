/** Things that wait for their time: a binary heap, the earliest first and of equal ones the lowest id. */
export class WaitingEntries<Entry extends { readonly id: number }> {
  readonly #heap: { readonly dueAt: number; readonly entry: Entry }[] = []

  get size(): number {
    return this.#heap.length
  }

  /** When the first one is due. */
  get nextDueAt(): number | undefined {
    return this.#heap[0]?.dueAt
  }

  add(entry: Entry, dueAt: number): void {
    this.#heap.push({ dueAt, entry })
    for (let at = this.#heap.length - 1; at > 0;) {
      const parent = (at - 1) >> 1
      if (!this.#isBefore(at, parent)) return
      this.#swap(at, parent)
      at = parent
    }
  }

  /** Takes out the first one if it is due. */
  takeDue(now: number): Entry | undefined {
    const first = this.#heap[0]
    if (first === undefined || first.dueAt > now) return undefined
    const last = this.#heap.pop()
    if (last !== undefined && this.#heap.length > 0) {
      this.#heap[0] = last
      this.#sink()
    }
    return first.entry
  }

  #sink(): void {
    for (let at = 0; ;) {
      const [left, right] = [2 * at + 1, 2 * at + 2]
      let first = at
      if (this.#isBefore(left, first)) first = left
      if (this.#isBefore(right, first)) first = right
      if (first === at) return
      this.#swap(at, first)
      at = first
    }
  }

  #isBefore(a: number, b: number): boolean {
    const [one, other] = [this.#heap[a], this.#heap[b]]
    if (one === undefined || other === undefined) return false
    return one.dueAt < other.dueAt || (one.dueAt === other.dueAt && one.entry.id < other.entry.id)
  }

  #swap(a: number, b: number): void {
    const [one, other] = [this.#heap[a], this.#heap[b]]
    if (one === undefined || other === undefined) return
    this.#heap[a] = other
    this.#heap[b] = one
  }
}
