import type { Answer, Answers } from '../answering/answers.ts'
import type { Decision } from '../answering/relay.ts'
import { isViolation, judge } from '../identity/verdict.ts'
import { headerOf } from '../tracking/command.ts'
import type { Tracker } from '../tracking/tracker.ts'

/** What a bridge makes of callbacks. */
export interface BridgeDecisionOptions {
  readonly answers: Answers
  readonly tracker: Tracker
  readonly responseHeader: string
  readonly onMismatch: 'correct' | 'reject' | 'pass'
}

/**
 * Gives a callback the trace id that its command came with; what the integrator sent is recorded. That it sent none
 * is usual here (`websocket.md` section 4).
 */
export function decideForBridge(
  options: BridgeDecisionOptions,
  answer: Answer,
  raw: readonly string[],
): Decision {
  const { answers, tracker, responseHeader, onMismatch } = options
  const { command, verdict, values, again } = answer
  if (command === undefined) return { headers: raw, verdict }
  const wrong = isViolation(verdict) && verdict !== 'missing'
  if (wrong) answers.complain(command, verdict, values)
  if (wrong && onMismatch === 'reject' && verdict !== 'unrepresentable') {
    tracker.judged(command, verdict)
    const refusal = `The header ${responseHeader} must be that of the command: it is ${verdict.replace('_', ' ')}.`
    return { headers: raw, verdict, refusal }
  }
  const attributes = { 'spanloom.callback.trace_id.from_integrator': verdict }
  if (onMismatch === 'pass') {
    if (!again) tracker.judged(command, verdict)
    return { headers: raw, verdict, attributes }
  }
  const value = headerOf(command)
  const headers = withHeader(raw, responseHeader, value)
  const final = judge(command.verbatimTraceId, value === undefined ? [] : [value])
  if (!again) tracker.judged(command, verdict === 'missing' ? final : verdict)
  return { headers, verdict: final, attributes }
}

function withHeader(raw: readonly string[], name: string, value: string | undefined): readonly string[] {
  const others = raw.filter((_, index) => raw[index - (index % 2)]?.toLowerCase() !== name)
  return value === undefined ? others : [...others, name, value]
}
