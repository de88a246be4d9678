/** How the pauses between attempts grow. */
export interface RetryOptions {
  /** Milliseconds before the second attempt; default 1000. */
  readonly initialIntervalMs?: number
  /** Longest pause in milliseconds; default 16 000. */
  readonly maxIntervalMs?: number
}

/**
 * Milliseconds to wait after so many attempts, doubled each time; a `Retry-After` of the other side is obeyed when it
 * asks for more. `undefined` when there is to be no other attempt.
 */
export function retryDelay(
  options: RetryOptions | false | undefined,
  attempts: number,
  retryAfterMs: number | undefined,
): number | undefined {
  if (options === false) return undefined
  const { initialIntervalMs = 1000, maxIntervalMs = 16_000 } = options ?? {}
  const interval = Math.min(initialIntervalMs * 2 ** (attempts - 1), maxIntervalMs)
  return Math.max(interval, retryAfterMs ?? 0)
}
