import { isViolation, type Verdict } from '../identity/verdict.ts'
import type { Command } from '../tracking/command.ts'
import type { Tracker } from '../tracking/tracker.ts'

/** How an answer was taken by the other side. */
export interface Outcome {
  /** Unix milliseconds. */
  readonly at: number
  /** Absent when the other side gave no answer. */
  readonly status: number | undefined
  /** `error.type` of an exchange that failed: a status, or what happened to the connection. */
  readonly failure: string | undefined
  readonly verdict: Verdict
  /** Whether a broken contract makes the command fail. */
  readonly violationFails: boolean
  /** `error.type` of a business error in the answer. */
  readonly businessError?: string | undefined
}

/** Whether the same answer may be sent again (`websocket.md` section 6.1): no connection, 429 and 5xx. */
export function mayResend(status: number | undefined): boolean {
  return status === undefined || status === 429 || status >= 500
}

/**
 * What an answer makes of its command: a taken one ends it, a refused one ends it as failed, and one that may be sent
 * again leaves it open until its time is over.
 */
export function settleAnswer(tracker: Tracker, command: Command, outcome: Outcome): void {
  const { at, status, failure, verdict, violationFails, businessError } = outcome
  if (command.told) return
  if (failure !== undefined && mayResend(status)) {
    command.claimed = false
    command.failure = failure
    return
  }
  command.verdict = verdict
  const violation = violationFails && isViolation(verdict) ? `trace_id_${verdict}` : undefined
  const errorType = failure ?? violation ?? businessError
  if (failure === undefined) {
    tracker.note(command, 'callback', at)
    command.answeredAt = at
    command.failure = errorType
  }
  // An answer that overtook the local API's own: the span ends with the later of the two.
  if (command.forwarding && failure === undefined) return
  tracker.end(command, errorType === undefined ? { at } : { at, errorType })
}
