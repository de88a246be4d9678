import type { Clock, Timer } from '@spanloom/core'

const roundMs = 1_000
const stepMs = 20

/** Looks after a file once a second while it is used, and on until there is nothing left to do. */
export class Maintenance {
  readonly #clock: Clock
  readonly #step: (idle: boolean) => boolean
  #timer: Timer | undefined
  #used = false

  /** `step` does a little and answers whether there is more. `idle`: nobody used the file since the last look. */
  constructor(clock: Clock, step: (idle: boolean) => boolean) {
    this.#clock = clock
    this.#step = step
    this.active()
  }

  /** The file is used. */
  active(): void {
    this.#used = true
    this.#timer ??= this.#clock.schedule(roundMs, () => this.#look())
  }

  stop(): void {
    this.#timer?.cancel()
  }

  #look(): void {
    const idle = !this.#used
    this.#used = false
    const isMore = this.#step(idle)
    // After the last use there is one more look, the idle one.
    this.#timer =
      isMore || !idle ? this.#clock.schedule(isMore ? stepMs : roundMs, () => this.#look()) : undefined
  }
}
