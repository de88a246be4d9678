import type { Answer, Answers } from '../answering/answers.ts'
import type { Decision } from '../answering/relay.ts'
import { isViolation } from '../identity/verdict.ts'
import type { Tracker } from '../tracking/tracker.ts'

/** Passes a callback on as it is and notes whether it brought the trace id back (`websocket.md` section 4). */
export function decideForTap(
  { answers, tracker }: { readonly answers: Answers; readonly tracker: Tracker },
  { command, verdict, values, again }: Answer,
  raw: readonly string[],
): Decision {
  if (command === undefined) return { headers: raw, verdict }
  if (!again) tracker.judged(command, verdict)
  if (isViolation(verdict)) answers.complain(command, verdict, values)
  return { headers: raw, verdict, attributes: { 'spanloom.callback.trace_id': verdict } }
}
