import type { Clock } from '../clock/clock.ts'

/** Lets so many things pass in a second; what was not used within a second is gone. */
export class Allowance {
  readonly #perSecond: number
  readonly #clock: Clock
  #left: number
  #at: number

  constructor(perSecond: number, clock: Clock) {
    this.#perSecond = perSecond
    this.#clock = clock
    this.#left = perSecond
    this.#at = clock.monotonic()
  }

  /** How many of `wanted` may pass now. */
  take(wanted: number): number {
    if (this.#perSecond === Infinity) return wanted
    const now = this.#clock.monotonic()
    this.#left = Math.min(this.#perSecond, this.#left + ((now - this.#at) / 1000) * this.#perSecond)
    this.#at = now
    const granted = Math.min(wanted, Math.floor(this.#left))
    this.#left -= granted
    return granted
  }
}
