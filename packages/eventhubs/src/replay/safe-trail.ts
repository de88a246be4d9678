import type { Clock } from '@spanloom/core'

import type { Position } from '../consuming/checkpoints.ts'
import type { ReceivedEvent } from '../event.ts'

/** A place between two batches. */
interface Step {
  /** The last event before it. */
  readonly position: Position
  /** When the service took the first event behind it, in milliseconds since 1970. */
  readonly enqueuedTime: number
  /** When that one was handed over, on the monotonic clock. */
  readonly handledAt: number
}

/** Steps that are remembered for one length of a trace. */
const stepsPerLength = 32

/**
 * Finds the last place of a partition from which everything can be read again that an assembler without a storage may
 * still hold in memory: two lengths of the longest trace behind what was read.
 *
 * One length, because a trace that is still open began at most so long ago; another one, so that a reader that begins
 * there can tell traces that began before from those that it sees whole ({@link ReplayFilter}). Both hold in the time of
 * the events and, where a backlog is read faster than it was written, in that of the clock.
 */
export class SafeTrail {
  readonly #lengthMs: number
  readonly #clock: Clock
  readonly #steps: Step[] = []
  #before: Position | undefined
  #newest = 0

  /** `lengthMs`: from the first event of a trace until its spans have left, at most. */
  constructor(lengthMs: number, clock: Clock) {
    this.#lengthMs = lengthMs
    this.#clock = clock
  }

  /**
   * Everything from one event to the other was handed over, and everything before it earlier. Answers how far the
   * checkpoint may go; `undefined`: nowhere yet.
   */
  passed(first: ReceivedEvent, last: ReceivedEvent): Position | undefined {
    const handledAt = this.#clock.monotonic()
    // A service whose clock was set back must not hide what came before.
    const enqueuedTime = Math.max(this.#newest, first.enqueuedTime)
    const gap = this.#lengthMs / stepsPerLength
    const step = this.#steps.at(-1)
    const isNear =
      step !== undefined && handledAt - step.handledAt < gap && enqueuedTime - step.enqueuedTime < gap
    if (this.#before !== undefined && !isNear)
      this.#steps.push({ position: this.#before, enqueuedTime, handledAt })
    this.#before = { offset: last.offset, sequenceNumber: last.sequenceNumber }
    this.#newest = Math.max(enqueuedTime, last.enqueuedTime)
    return this.#safe(handledAt)
  }

  #safe(now: number): Position | undefined {
    const settled = this.#steps.findLast((step) => step.handledAt <= now - this.#lengthMs)
    if (settled === undefined) return undefined
    const latest = Math.min(settled.enqueuedTime - this.#lengthMs, this.#newest - 2 * this.#lengthMs)
    const found = this.#steps.findLastIndex((step) => step.enqueuedTime <= latest)
    if (found < 0) return undefined
    const position = this.#steps[found]?.position
    this.#steps.splice(0, found)
    return position
  }
}
