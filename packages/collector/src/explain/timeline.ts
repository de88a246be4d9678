import type { Clock } from '@spanloom/core'

interface PendingTimer {
  readonly owner: string
  readonly due: number
  readonly order: number
  readonly run: () => void
}

/**
 * Time for a trial: it stands still, and moves from one timer to the next. Timers have owners, so that what only
 * repeats itself, such as a look at the memory each second, does not hold up a walk of a day.
 */
export class Timeline {
  readonly #startMs: number
  readonly #timers = new Set<PendingTimer>()
  #elapsed = 0
  #order = 0

  /** `startMs` is the first moment, in milliseconds since 1970. */
  constructor(startMs: number) {
    this.#startMs = startMs
  }

  /** Milliseconds since 1970. */
  get now(): number {
    return this.#startMs + this.#elapsed
  }

  /** The time as one owner sees it. */
  clock(owner: string): Clock {
    return {
      now: () => this.now,
      monotonic: () => this.#elapsed,
      schedule: (delayMs, run) => {
        const due = this.#elapsed + Math.max(0, delayMs)
        const timer = { owner, due, order: this.#order++, run }
        this.#timers.add(timer)
        return { cancel: () => void this.#timers.delete(timer) }
      },
    }
  }

  /** Moves on without firing anything; never back. */
  moveTo(momentMs: number): void {
    this.#elapsed = Math.max(this.#elapsed, momentMs - this.#startMs)
  }

  /** When the next timer of these owners is due, in milliseconds since 1970. */
  nextDue(owners: ReadonlySet<string>): number | undefined {
    const next = this.#next(owners)
    return next === undefined ? undefined : Math.max(this.now, this.#startMs + next.due)
  }

  /** Fires the next timer of these owners, at its time. */
  fireNext(owners: ReadonlySet<string>): void {
    const next = this.#next(owners)
    if (next === undefined) return
    this.#timers.delete(next)
    this.#elapsed = Math.max(this.#elapsed, next.due)
    next.run()
  }

  #next(owners: ReadonlySet<string>): PendingTimer | undefined {
    let next: PendingTimer | undefined
    for (const timer of this.#timers) {
      if (!owners.has(timer.owner)) continue
      if (next === undefined || timer.due < next.due || (timer.due === next.due && timer.order < next.order))
        next = timer
    }
    return next
  }
}
