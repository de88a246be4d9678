import type { Clock } from '@spanloom/core'

/** What was last known about time: processing time as it is stored, and the wall clock at the same moment. */
export interface ClockReading {
  readonly stored: number
  readonly wallMs: number
}

/** How often a reading is stored, so that a restart can tell how long the process was away. */
const readingEveryMs = 1_000
/** The wall clock and processing time never run quite alike; beyond this somebody has set the clock. */
const toleranceMs = 100

/**
 * Processing time that goes on across restarts. While the process runs it is the monotonic clock, so that setting
 * the wall clock changes no age; only how long the process was away is taken from the wall clock, and a clock that
 * was set back meanwhile counts as no time at all.
 */
export class StoredTime {
  readonly #clock: Clock
  readonly #offset: number
  #last: ClockReading | undefined

  /** `last` is the newest reading of the process before; without one, stored times are times of the wall clock. */
  constructor(clock: Clock, last?: ClockReading) {
    this.#clock = clock
    const wallMs = clock.now()
    const stored = last === undefined ? wallMs : last.stored + Math.max(0, wallMs - last.wallMs)
    this.#offset = stored - clock.monotonic()
  }

  /** Processing time of this process in the form that is stored. */
  toStored(ms: number): number {
    return ms + this.#offset
  }

  /** The reverse; never later than now, and below zero for what happened before the process began. */
  fromStored(stored: number): number {
    return Math.min(stored - this.#offset, this.#clock.monotonic())
  }

  /** As {@link fromStored} for moments that may lie ahead. */
  aheadFromStored(stored: number): number {
    return stored - this.#offset
  }

  /** A reading that should be stored now; undefined while the last one is good enough. */
  reading(): ClockReading | undefined {
    const now: ClockReading = {
      stored: this.toStored(this.#clock.monotonic()),
      wallMs: this.#clock.now(),
    }
    const last = this.#last
    if (last !== undefined) {
      const passed = now.stored - last.stored
      const isSet = Math.abs(now.wallMs - last.wallMs - passed) > toleranceMs
      if (passed < readingEveryMs && !isSet) return undefined
    }
    return now
  }

  /** To be called when a reading has been stored. */
  noted(reading: ClockReading): void {
    this.#last = reading
  }
}
