import type { Fragment } from '../fragment/fragment.ts'
import type { Run } from '../runs/run.ts'
import type { KnownRun, View } from '../runs/view.ts'
import type { Straggler } from '../runs/walk.ts'
import { dueOf, never } from '../timers/due.ts'

/** Why a key is looked at: a timer, everything must go, or the end of the process. */
export type Occasion = 'due' | 'all' | 'shutdown'

/** What leaves a key. */
export interface Departures {
  readonly emitted: readonly KnownRun[]
  readonly dropped: readonly { readonly run: Run; readonly reason: 'orphan' | 'timeout' | 'shutdown' }[]
  readonly late: readonly Straggler[]
  /** Closing ends that have expired without effect in this key. */
  readonly purged: readonly Fragment[]
  /** Whether something is to be dropped that was left alone for now. */
  readonly spared: boolean
  /** When something else of the key will leave. */
  readonly nextDue: number
}

/** What a look at a key depends on besides its fragments. */
export interface Look {
  readonly occasion: Occasion
  readonly now: number
  /** When the key got its last fragment, in processing time. */
  readonly settleFromMs: number
  /** Leaves out what leaves no span, so that it can still be found by others. */
  readonly spansOnly: boolean
  /** Until when the closing end is remembered. */
  readonly expiryOf: (closing: Fragment) => number
  /** How much longer a run waits for its parent. */
  readonly patience: (known: KnownRun) => number
}

/** Which runs and fragments of a key leave (`assembly.md` section 7). */
export function departuresOf(view: View, look: Look): Departures {
  const { occasion, now, settleFromMs, spansOnly, expiryOf, patience } = look
  const { profile } = view
  const emitted: KnownRun[] = []
  const dropped: { run: Run; reason: 'orphan' | 'timeout' | 'shutdown' }[] = []
  const late: Straggler[] = [...view.late]
  const purged: Fragment[] = []
  let nextDue = never
  let spared = false
  const isDue = (due: number): boolean => {
    if (occasion !== 'due' || due <= now) return true
    nextDue = Math.min(nextDue, due)
    return false
  }
  for (const known of view.known) {
    const { run } = known
    if (run.remembered !== undefined || !isDue(dueOf(run, profile, settleFromMs))) continue
    const reason = dropReasonOf(known, view, occasion)
    if (reason !== undefined) {
      if (spansOnly) spared = true
      else dropped.push({ run, reason })
    } else if (isDue(dueOf(run, profile, settleFromMs) + (occasion === 'due' ? patience(known) : 0))) {
      emitted.push(known)
    }
  }
  for (const straggler of view.waiting) {
    if (isDue(straggler.fragment.arrivedMs + profile.startWaitMs)) late.push(straggler)
  }
  for (const closing of view.idle) {
    if (!isDue(expiryOf(closing))) continue
    if (spansOnly) spared = true
    else purged.push(closing)
  }
  return { emitted, dropped, late, purged, spared, nextDue }
}

function dropReasonOf(
  { run, isSpan }: KnownRun,
  { profile }: View,
  occasion: Occasion,
): 'orphan' | 'timeout' | 'shutdown' | undefined {
  if (!isSpan) return 'orphan'
  if (run.hasEnd || run.abandoned) return undefined
  if (occasion === 'shutdown') return profile.onShutdown === 'drop' ? 'shutdown' : undefined
  return profile.onTimeout === 'drop' ? 'timeout' : undefined
}
