import type { NewRecord } from '@spanloom/core'

/** Deliveries that wait, by the number of their endpoint. */
export class Backlog {
  readonly #counts = new Map<number, number>()
  #total = 0

  get total(): number {
    return this.#total
  }

  add(destination: number, count = 1): void {
    this.#counts.set(destination, (this.#counts.get(destination) ?? 0) + count)
    this.#total += count
  }

  remove(destination: number): void {
    this.add(destination, -1)
  }

  clear(): void {
    this.#counts.clear()
    this.#total = 0
  }

  /** Those of the records for which their endpoint has no room any more: no more than `room` may wait for each. */
  overflow(records: readonly NewRecord[], room: number): ReadonlySet<NewRecord> {
    const counts = new Map(this.#counts)
    return new Set(
      records.filter(({ destination }) => {
        const count = (counts.get(destination) ?? 0) + 1
        counts.set(destination, count)
        return count > room
      }),
    )
  }
}
