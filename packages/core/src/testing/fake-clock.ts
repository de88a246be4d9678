import type { Clock } from '../clock/clock.ts'

/** A clock that stands still until a test moves it. */
export interface FakeClock extends Clock {
  /**
   * Moves processing time on. Timers that come due fire in order, each at its own time, and promises
   * settle after each of them.
   */
  advance(ms: number): Promise<void>
  /** Sets the wall clock without moving the monotonic one, as an operator would. */
  setWall(ms: number): void
  /** Timers that are pending. */
  readonly pending: number
}

interface PendingTimer {
  readonly due: number
  readonly order: number
  readonly run: () => void
}

/** What a test may choose about its clock. */
export interface FakeClockOptions {
  /** Hears what a timer's function throws. Default: `advance` rejects with it. */
  readonly onError?: (error: unknown) => void
}

/** Makes a clock whose wall time is `startMs` (milliseconds since 1970). */
export function fakeClock(startMs = 0, { onError }: FakeClockOptions = {}): FakeClock {
  let elapsed = 0
  let wallOffset = startMs
  let order = 0
  const timers = new Set<PendingTimer>()

  const nextDue = (limit: number): PendingTimer | undefined => {
    let next: PendingTimer | undefined
    for (const timer of timers) {
      if (timer.due > limit) continue
      if (next === undefined || timer.due < next.due || (timer.due === next.due && timer.order < next.order))
        next = timer
    }
    return next
  }

  const fire = ({ run }: PendingTimer): void => {
    try {
      run()
    } catch (error) {
      if (onError === undefined) throw error
      onError(error)
    }
  }

  return {
    now: () => wallOffset + elapsed,
    monotonic: () => elapsed,
    schedule(delayMs, run) {
      const timer = { due: elapsed + Math.max(0, delayMs), order: order++, run }
      timers.add(timer)
      return { cancel: () => void timers.delete(timer) }
    },
    async advance(ms) {
      const target = elapsed + ms
      await settle()
      for (let timer = nextDue(target); timer !== undefined; timer = nextDue(target)) {
        timers.delete(timer)
        elapsed = Math.max(elapsed, timer.due)
        fire(timer)
        await settle()
      }
      elapsed = target
      await settle()
    },
    setWall(ms) {
      wallOffset = ms - elapsed
    },
    get pending() {
      return timers.size
    },
  }
}

/** Lets everything that is already due on the event loop happen: microtasks and immediates. */
export async function settle(): Promise<void> {
  for (let round = 0; round < 4; round++) await new Promise<void>((resolve) => setImmediate(resolve))
}
