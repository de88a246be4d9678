/**
 * Waits for `work`, but no longer than until the signal aborts: then resolves with `undefined`, and the work goes on
 * alone. Leaves nothing behind on a signal that lives longer than the work.
 */
export async function untilAborted<T>(
  work: Promise<T> | undefined,
  signal: AbortSignal,
): Promise<T | undefined> {
  if (work === undefined) return undefined
  const aborted = Promise.withResolvers<undefined>()
  const onAbort = (): void => aborted.resolve(undefined)
  if (signal.aborted) onAbort()
  else signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([work, aborted.promise])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
