import type { Clock } from '../clock/clock.ts'
import { type Backoff, type BackoffSettings, createBackoff } from './backoff.ts'

export interface BrakeOptions {
  /** How many requests a failing destination meets at a time. */
  readonly count: number
  readonly settings: BackoffSettings
  readonly clock: Clock
  /** From 0 (inclusive) to 1 (exclusive). */
  readonly random: () => number
}

/**
 * Keeps a destination that is down from meeting the whole backlog, each request of which would use up its time for
 * retries. While attempts fail, requests that wait for their next attempt count as if they occupied a consumer
 * (EXP-26), and beyond that only now and then one that was not tried yet is: it may be luckier.
 */
export class Brake {
  readonly #options: BrakeOptions
  #probes: Backoff | undefined
  #probeAt = 0

  constructor(options: BrakeOptions) {
    this.#options = options
  }

  /** When a first attempt is allowed next, whatever else goes on; absent while the destination works. */
  get probeAt(): number | undefined {
    return this.#probes === undefined ? undefined : this.#probeAt
  }

  /** The destination gave a final answer. */
  succeeded(): void {
    this.#probes = undefined
  }

  failed(): void {
    if (this.#probes !== undefined) return
    const { settings, random } = this.#options
    this.#probes = createBackoff(settings, random)
    this.#delayProbe(this.#probes)
  }

  /** Whether a first attempt may begin while `engaged` requests are on their way or wait for the next attempt. */
  allows(engaged: number): boolean {
    if (this.#probes === undefined || engaged < this.#options.count) return true
    if (this.#options.clock.monotonic() < this.#probeAt) return false
    this.#delayProbe(this.#probes)
    return true
  }

  #delayProbe(probes: Backoff): void {
    this.#probeAt = this.#options.clock.monotonic() + probes.next()
  }
}
