/** When attempts are made again. */
export interface RetrySchedule {
  /** Milliseconds before the second, third … attempt. */
  readonly schedule: readonly number[]
  /** Share of the delay by which it varies, up and down. */
  readonly jitter: number
}

const longestRetryAfterMs = 86_400_000

/**
 * Milliseconds until the next attempt after `attempts` failed ones: the schedule's with jitter, or what the endpoint
 * asks for if that is more, up to a day (WHX-07). `undefined` after the last step.
 */
export function nextDelay(
  { schedule, jitter }: RetrySchedule,
  attempts: number,
  retryAfterMs: number | undefined,
  random: () => number,
): number | undefined {
  const delay = schedule[attempts - 1]
  if (delay === undefined) return undefined
  const varied = delay * (1 + jitter * (2 * random() - 1))
  return Math.max(varied, Math.min(retryAfterMs ?? 0, longestRetryAfterMs))
}
