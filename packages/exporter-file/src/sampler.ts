import type { Clock } from '@spanloom/core'

const windowMs = 1_000

/** Lets the first batches of each second through and then every so many. */
export class Sampler {
  readonly #clock: Clock
  readonly #initial: number
  readonly #thereafter: number
  #windowStart = -Infinity
  #seen = 0

  /** `thereafter` 0 lets none through after the first. */
  constructor(clock: Clock, initial: number, thereafter: number) {
    this.#clock = clock
    this.#initial = initial
    this.#thereafter = thereafter
  }

  /** Whether the next batch is shown. */
  next(): boolean {
    const now = this.#clock.monotonic()
    if (now - this.#windowStart >= windowMs) {
      this.#windowStart = now
      this.#seen = 0
    }
    this.#seen += 1
    if (this.#seen <= this.#initial) return true
    return this.#thereafter > 0 && (this.#seen - this.#initial) % this.#thereafter === 0
  }
}
