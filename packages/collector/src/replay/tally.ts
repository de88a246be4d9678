/** What became of everything that was played back. */
export class Tally {
  /** Spans or requests that the destination took. */
  taken: number = 0
  /** Batches or requests that were sent. */
  sent: number = 0
  /** Lines that could not be read. */
  broken: number = 0
  readonly #refused = new Map<string, number>()

  /** Spans or requests that the destination did not take. */
  get refused(): number {
    return [...this.#refused.values()].reduce((sum, count) => sum + count, 0)
  }

  refuse(count: number, reason: string): void {
    const known = this.#refused.has(reason) || this.#refused.size < mostReasons
    const key = known ? reason : 'other reasons'
    this.#refused.set(key, (this.#refused.get(key) ?? 0) + count)
  }

  /** Why, the most frequent reason first. */
  reasons(): readonly (readonly [reason: string, count: number])[] {
    return [...this.#refused].toSorted(([, a], [, b]) => b - a)
  }
}

/** Destinations that name each thing in their answer would make a list without end. */
const mostReasons = 10
