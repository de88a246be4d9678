import type { Clock } from '@spanloom/core'

/** Unix time in milliseconds with fractions. */
export type WallTime = () => number

/** A step of the machine's clock above this many milliseconds is followed; below it differences stay exact. */
const toleratedMs = 50
/** How often the machine's clock is looked at, which costs as much as the monotonic one. */
const lookMs = 1

/**
 * Wall time that is as fine as the monotonic clock, so that a local call of half a millisecond has a length, and
 * that follows when the machine's clock is set.
 */
export function wallTime(clock: Clock): WallTime {
  let offset = clock.now() - clock.monotonic()
  let lookAt = 0
  return () => {
    const monotonic = clock.monotonic()
    if (monotonic >= lookAt) {
      lookAt = monotonic + lookMs
      const now = clock.now()
      if (Math.abs(now - (offset + monotonic)) > toleratedMs) offset = now - monotonic
    }
    return offset + monotonic
  }
}

/** Unix nanoseconds of {@link WallTime}, exact to the microsecond. */
export function toNanos(ms: number): bigint {
  return BigInt(Math.round(ms * 1000)) * 1000n
}
