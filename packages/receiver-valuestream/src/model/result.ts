import type { Outcome } from './item.ts'

const results: ReadonlyMap<string, string> = new Map([
  ['success', 'success'],
  ['failure', 'failure'],
  ['failed', 'failure'],
  ['startup_failure', 'failure'],
  ['unstable', 'failure'],
  ['cancelled', 'cancellation'],
  ['canceled', 'cancellation'],
  ['aborted', 'cancellation'],
  ['timed_out', 'timeout'],
  ['skipped', 'skip'],
  ['not_built', 'skip'],
  ['unknown', 'error'],
  ['stale', 'error'],
])

/** What the semantic conventions call a result; what they have no word for stays, in lower case. */
export function normalizedResult(result: string): string {
  const word = result.toLowerCase()
  return results.get(word) ?? word
}

/** The outcome of a run, job or deployment that its source calls `result`. */
export function outcomeOf(result: string, isError: boolean): Outcome {
  if (!isError) return { isError }
  const errorType = normalizedResult(result)
  return { isError, message: result, errorType: errorTypes.has(errorType) ? errorType : 'error' }
}

/** Values of `error.type`; a result without a word of its own is an error of some kind. */
const errorTypes: ReadonlySet<string> = new Set(['failure', 'cancellation', 'timeout', 'error'])
