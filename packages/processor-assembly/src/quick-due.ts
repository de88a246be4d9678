import { never } from './due.ts'
import { holds, type KeyTable } from './key-table.ts'
import { type Profile } from './profile.ts'

/**
 * When something of a key may leave, told from what is known without looking at its fragments: never later than the
 * real time, and mostly exactly then. Good for keys that remember no runs.
 */
export function quickDue(table: KeyTable, slot: number, profile: Profile, now: number): number {
  const kinds = table.kinds[slot] ?? 0
  const has = (kind: number): boolean => (kinds & kind) !== 0
  const settled = now + profile.settleMs
  const waited = (table.firstArrival[slot] ?? now) + profile.startWaitMs
  const orphaned = has(holds.update) && profile.orphanUpdate === 'drop' ? waited : never
  if (has(holds.closing)) return Math.min(settled, waited)
  if (has(holds.end)) return Math.min(has(holds.start) ? settled : Math.max(waited, settled), orphaned)
  if (has(holds.start) && mayBeOver(kinds, profile)) return Math.min(settled, orphaned)
  return Math.min(now + profile.idleTimeoutMs, orphaned)
}

/** Whether a start may have ended or abandoned what was open before it. */
function mayBeOver(kinds: number, { onRestart }: Profile): boolean {
  if (onRestart === 'close') return (kinds & holds.starts) !== 0
  return onRestart === 'abandon' && (kinds & (holds.starts | holds.update)) !== 0
}
