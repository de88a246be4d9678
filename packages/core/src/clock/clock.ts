/** A timer that can be called off. */
export interface Timer {
  cancel(): void
}

/** Processing time, handed in so that tests control it. */
export interface Clock {
  /** Milliseconds since 1970; may step when the machine's clock is set. */
  now(): number
  /** Milliseconds that only ever grow; for measuring durations and for timeouts. */
  monotonic(): number
  /** Calls `run` once after `delayMs`. A pending timer does not keep the process alive. */
  schedule(delayMs: number, run: () => void): Timer
}

/** Longest delay that Node's timers take; a longer one is reached in steps. */
const longestDelayMs = 2_147_483_647

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  schedule(delayMs, run) {
    const deadline = performance.now() + delayMs
    let timer: NodeJS.Timeout
    const arm = (): void => {
      const leftMs = deadline - performance.now()
      timer = leftMs > longestDelayMs ? setTimeout(arm, longestDelayMs) : setTimeout(run, Math.max(0, leftMs))
      timer.unref()
    }
    arm()
    return { cancel: () => clearTimeout(timer) }
  },
}

/** Resolves after `delayMs`, or rejects with the signal's reason as soon as it aborts. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason)
      return
    }
    const onAbort = (): void => {
      timer.cancel()
      reject(signal?.reason)
    }
    const timer = clock.schedule(delayMs, () => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    })
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}
