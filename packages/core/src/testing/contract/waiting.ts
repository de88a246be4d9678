import { setTimeout as elapse } from 'node:timers/promises'

import { demand } from './demand.ts'

/** How long a check waits for something that must happen, in milliseconds. */
export const patienceMs = 5_000

/** How long a check watches that something does not happen, in milliseconds. */
export const quietMs = 40

/** How `eventually` waits. */
export interface Waiting {
  /** Runs before each further look. Default: a moment of real time. */
  readonly between?: () => Promise<void>
  /** Real time, in milliseconds. Default: `patienceMs`. */
  readonly limitMs?: number
}

/**
 * Resolves as soon as `holds` returns true. What the condition waits for may cross a socket, so it is
 * looked at again and again.
 *
 * @throws ContractViolation with `sentence` when it did not happen in time.
 */
export async function eventually(
  holds: () => boolean | Promise<boolean>,
  sentence: string | (() => string),
  { between = () => elapse(1), limitMs = patienceMs }: Waiting = {},
): Promise<void> {
  const deadline = performance.now() + limitMs
  while (!(await holds())) {
    if (performance.now() >= deadline) demand(false, typeof sentence === 'string' ? sentence : sentence())
    await between()
  }
}

/** Whether `promise` settles, either way, within `limitMs` of real time. */
export async function settlesWithin(promise: Promise<unknown>, limitMs: number): Promise<boolean> {
  const timer = new AbortController()
  const settled = promise.then(
    () => true,
    () => true,
  )
  try {
    return await Promise.race([settled, elapse(limitMs, false, { signal: timer.signal })])
  } finally {
    timer.abort()
  }
}

/** A signal for a shutdown that has all the time it may need. */
export function soon(): AbortSignal {
  return AbortSignal.timeout(patienceMs)
}

/** Waits until `measure` has stayed as it is for a while; `between` runs before each look. */
export async function calm(measure: () => number, between: () => Promise<void>): Promise<void> {
  let [value, since] = [measure(), performance.now()]
  while (performance.now() - since < quietMs) {
    await between()
    if (measure() !== value) [value, since] = [measure(), performance.now()]
  }
}
