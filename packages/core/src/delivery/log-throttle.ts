import type { Clock } from '../clock/clock.ts'
import type { LogFields } from '../telemetry/logger.ts'

/** Lets at most one line of a kind through per interval and counts what it held back (EXP-25, DIF-12). */
export class LogThrottle {
  readonly #clock: Clock
  readonly #intervalMs: number
  #openAt = 0
  #suppressed = 0
  #suppressedItems = 0

  constructor(clock: Clock, intervalMs = 10_000) {
    this.#clock = clock
    this.#intervalMs = intervalMs
    this.#openAt = clock.monotonic()
  }

  /**
   * Calls `log` if a line is due. Its argument tells of the lines held back before: `suppressed`, and
   * `suppressed_items` with the sum of their `items`, each only if there is something to tell.
   */
  run(items: number, log: (suppressed: LogFields) => void): void {
    const now = this.#clock.monotonic()
    if (now < this.#openAt) {
      this.#suppressed++
      this.#suppressedItems += items
      return
    }
    this.#openAt = now + this.#intervalMs
    const fields = {
      ...(this.#suppressed > 0 ? { suppressed: this.#suppressed } : {}),
      ...(this.#suppressedItems > 0 ? { suppressed_items: this.#suppressedItems } : {}),
    }
    this.#suppressed = 0
    this.#suppressedItems = 0
    log(fields)
  }
}
