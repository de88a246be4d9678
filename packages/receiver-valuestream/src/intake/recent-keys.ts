import type { Clock } from '@spanloom/core'

/** Keys of the deliveries that were accepted last (`valuestream.md` section 2.3). */
export class RecentKeys {
  readonly #max: number
  readonly #windowMs: number
  readonly #clock: Clock
  /** When each key was accepted; those that were used last are at the end. */
  readonly #acceptedAt = new Map<string, number>()
  /** Goes along the keys from the oldest on: a fresh one would first pass all that have been deleted. */
  #oldest = this.#acceptedAt.keys()

  /** `windowMs`: how long a key that says so counts. */
  constructor(max: number, windowMs: number, clock: Clock) {
    this.#max = max
    this.#windowMs = windowMs
    this.#clock = clock
  }

  get size(): number {
    return this.#acceptedAt.size
  }

  /** Whether a delivery with this key was accepted; `windowed` keys are forgotten after a while. */
  has(key: string, windowed: boolean): boolean {
    const acceptedAt = this.#acceptedAt.get(key)
    if (acceptedAt === undefined) return false
    this.#acceptedAt.delete(key)
    if (windowed && this.#clock.monotonic() - acceptedAt >= this.#windowMs) return false
    this.#acceptedAt.set(key, acceptedAt)
    return true
  }

  /** A delivery with this key was accepted. */
  add(key: string): void {
    if (this.#max === 0) return
    this.#acceptedAt.delete(key)
    this.#acceptedAt.set(key, this.#clock.monotonic())
    if (this.#acceptedAt.size <= this.#max) return
    const { value: oldest } = this.#oldest.next()
    if (oldest !== undefined) this.#acceptedAt.delete(oldest)
  }
}
