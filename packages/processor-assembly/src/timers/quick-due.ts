import { holds, type KeyTable } from '../keys/key-table.ts'
import type { Profile } from '../profile.ts'
import { never } from './due.ts'

/**
 * When something of a key may leave, told from what is known without looking at its fragments: never later than the
 * real time, and mostly exactly then. Good for keys that
 * remember no runs and have met no closing end.
 */
export function quickDue(table: KeyTable, slot: number, profile: Profile, now: number): number {
  const kinds = table.kinds[slot] ?? 0
  const has = (kind: number): boolean => (kinds & kind) !== 0
  const first = table.firstArrival[slot] ?? now
  const settled = now + profile.settleMs
  const waited = first + profile.startWaitMs
  if (!has(holds.end) && !mayBeOver(kinds, profile)) {
    // One run that is still open.
    const orphaned = !has(holds.start) && profile.orphanUpdate === 'drop'
    return orphaned ? waited : now + profile.idleTimeoutMs
  }
  const idle = first + profile.idleTimeoutMs
  const orphaned = has(holds.update) && profile.orphanUpdate === 'drop' ? waited : never
  const ended = has(holds.start) || !has(holds.end) ? settled : Math.max(waited, settled)
  return Math.min(ended, idle, orphaned)
}

/** Whether a start may have ended or abandoned what was open before it. */
function mayBeOver(kinds: number, { onRestart }: Profile): boolean {
  if (onRestart === 'close') return (kinds & holds.starts) !== 0
  return onRestart === 'abandon' && (kinds & (holds.starts | holds.update)) !== 0
}
