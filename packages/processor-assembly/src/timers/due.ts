import type { Profile } from '../profile.ts'
import type { Run } from '../runs/run.ts'
import type { View } from '../runs/view.ts'

/** Never. */
export const never: number = Number.POSITIVE_INFINITY

/**
 * When a run that is held leaves, in processing time (`assembly.md` section 7).
 *
 * @param settleFromMs when the key got its last fragment
 */
export function dueOf(run: Run, profile: Profile, settleFromMs: number): number {
  const settled = settleFromMs + profile.settleMs
  if (run.abandoned || (run.hasEnd && run.hasStart)) return settled
  if (run.hasEnd) return Math.max(firstArrivalOf(run) + profile.startWaitMs, settled)
  if (!run.hasStart && profile.orphanUpdate === 'drop') return firstArrivalOf(run) + profile.startWaitMs
  return lastArrivalOf(run) + profile.idleTimeoutMs
}

/** From when on the key counts as settling: its last fragment, or the closing end that ended one of its runs. */
export function settleFrom({ runs }: View, lastArrivalMs: number): number {
  let from = lastArrivalMs
  for (const { end } of runs) if (end?.closing === true) from = Math.max(from, end.arrivedMs)
  return from
}

/** Closing ends may have come long before the run and are none of its own fragments. */
function firstArrivalOf({ fragments }: Run): number {
  let first = never
  for (const { closing, arrivedMs } of fragments) if (!closing && arrivedMs < first) first = arrivedMs
  return first
}

function lastArrivalOf({ fragments }: Run): number {
  // Processing times lie below zero for what came before a restart.
  let last = Number.NEGATIVE_INFINITY
  for (const { arrivedMs } of fragments) if (arrivedMs > last) last = arrivedMs
  return last
}
