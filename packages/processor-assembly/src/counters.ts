/** Why a fragment was dropped. */
export const dropReasons = [
  'close',
  'duplicate',
  'invalid_key',
  'late',
  'max_fragments',
  'orphan',
  'shutdown',
  'superseded',
  'timeout',
  'unreadable',
] as const

export type DropReason = (typeof dropReasons)[number]

/**
 * The bookkeeping of an assembler, in fragments: `in + restored = passed + merged + late + dropped + held`
 * (`assembly.md` section 7).
 */
export class Counters {
  in: number = 0
  /** Held already when the process began: it found them on disk. */
  restored: number = 0
  /** Handed on untouched. */
  passed: number = 0
  /** Part of an emitted span. A closing end counts once, however many runs it ended. */
  merged: number = 0
  /** Became a late span. */
  late: number = 0
  readonly dropped: Record<DropReason, number> = {
    close: 0,
    duplicate: 0,
    invalid_key: 0,
    late: 0,
    max_fragments: 0,
    orphan: 0,
    shutdown: 0,
    superseded: 0,
    timeout: 0,
    unreadable: 0,
  }
  /** Keys that left early because too many were open. */
  evicted: number = 0
  /** Keys that were forgotten early because too many were remembered. */
  forgotten: number = 0
  /** Keys whose first fragment that names a profile names one that nobody knows. */
  unknownProfiles: number = 0
}
