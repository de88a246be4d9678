import type { FragmentStatus } from '../fragment/fragment.ts'
import type { Place } from '../fragment/order.ts'

/** What stays of a run after it was emitted (`assembly.md` section 7). */
export interface Remembered {
  /** Ids as they were emitted, in lower-case hex. */
  readonly traceId: string
  readonly spanId: string
  /** '' for a root. */
  readonly parentSpanId: string
  /** Canonical key under which its parent was known; '' when it has none. */
  readonly parentKey: string
  readonly name: string
  /** Start as it was emitted, end as it was told, which may lie before it; in unix ns. */
  readonly start: bigint
  readonly end: bigint
  /** Whether anybody told its start, or only assumed one. */
  readonly startTold: boolean
  readonly startAssumed: boolean
  readonly endTold: boolean
  /** Rank and status of the end that counts. */
  readonly endRank: number
  readonly endStatus: FragmentStatus
  /** Where in the order it began, and where its end became known. */
  readonly opened: Place
  readonly closed: Place
  /** Canonical names under which children may look for it. */
  readonly aliases: readonly string[]
}
