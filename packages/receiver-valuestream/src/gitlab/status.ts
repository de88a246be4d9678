import { type Outcome } from '../model/item.ts'
import { outcomeOf } from '../model/result.ts'

/** Statuses in which a pipeline, a job or a deployment has ended (`valuestream.md` section 3.2). */
export const endStatuses: ReadonlySet<string> = new Set(['success', 'failed', 'canceled', 'skipped'])

/** The outcome of what ended with `status`; `reason` is why a job failed, if GitLab says it. */
export function endOutcome(status: string, cancelledIsError: boolean, reason?: string): Outcome {
  const outcome = outcomeOf(status, status === 'failed' || (cancelledIsError && status === 'canceled'))
  const told = reason === undefined || reason === 'unknown_failure' ? undefined : reason
  return outcome.isError && told !== undefined ? { ...outcome, errorType: told } : outcome
}

/** What ValueStream called the state of a pipeline or job, for its own tag. */
export function legacyState(status: string, starts: ReadonlySet<string>): string {
  if (starts.has(status)) return 'start'
  if (status === 'running') return 'transition'
  return endStatuses.has(status) ? 'end' : 'intermediary'
}
