import type { Fragment } from '../fragment/fragment.ts'
import { comparePlaces } from '../fragment/order.ts'
import type { Profile } from '../profile.ts'
import type { Remembered } from './remembered.ts'

/** One occurrence of an operation: fragments that are still held, or the memory of a run that was emitted. */
export class Run {
  /** Set for a run that has left already; it has no fragments then. */
  readonly remembered: Remembered | undefined
  /** In order. */
  readonly fragments: Fragment[] = []
  /** Starts that came while it was open and are not its own. */
  readonly extraStarts: Fragment[] = []
  /** Fragments that tell an end, in order. */
  readonly ends: Fragment[] = []
  /** The fragment that gave it its start. */
  first: Fragment | undefined
  /** The end that counts. */
  end: Fragment | undefined
  /** Earliest start that was told, in unix ns; 0n when none was. */
  startTime: bigint = 0n
  /** Set when the next start ended it. */
  closedBy: Fragment | Remembered | undefined
  /** A start proved that it is over, but not when. */
  abandoned: boolean = false

  constructor(remembered?: Remembered) {
    this.remembered = remembered
    if (remembered?.startTold === true) this.startTime = remembered.start
  }

  get hasStart(): boolean {
    return this.startTime !== 0n
  }

  get hasEnd(): boolean {
    return this.end !== undefined || this.closedBy !== undefined
  }

  /** Neither start nor end: only updates. */
  get updatesAlone(): boolean {
    return this.remembered === undefined && !this.hasStart && !this.hasEnd
  }

  /** Whether somebody told a start, or at least assumed one. */
  get startSaid(): boolean {
    const { remembered } = this
    if (remembered !== undefined) return remembered.startTold || remembered.startAssumed
    return this.hasStart || this.#fallbackStart() !== 0n
  }

  /** When its span begins, in unix ns. */
  get begin(): bigint {
    if (this.remembered !== undefined) return this.remembered.start
    return this.startTime || this.#fallbackStart() || (this.fragments[0]?.time ?? 0n)
  }

  /** When it was over as far as it was told, in unix ns; may lie before {@link begin}. */
  get finish(): bigint {
    if (this.remembered !== undefined) return this.remembered.end
    if (this.end !== undefined) return this.end.end
    if (this.closedBy !== undefined) return timeOf(this.closedBy)
    return this.fragments.at(-1)?.time ?? 0n
  }

  /** When its span ends, in unix ns. */
  get over(): bigint {
    const { begin, finish } = this
    return finish < begin ? begin : finish
  }

  /** Takes in a fragment that is no start of its own. */
  take(fragment: Fragment, profile: Profile): void {
    this.fragments.push(fragment)
    if (!fragment.hasEnd) return
    this.ends.push(fragment)
    if (this.end === undefined || beats(fragment, this.end, profile)) this.end = fragment
  }

  /** Takes in a fragment that gives the run its start, unless it has an earlier one. */
  begun(fragment: Fragment): void {
    if (this.hasStart) return
    this.first = fragment
    this.startTime = fragment.start
  }

  /** Takes in the run after it, which had a start but no end (clock skew). */
  join(next: Run): void {
    this.fragments.push(...next.fragments)
    this.extraStarts.push(...next.extraStarts)
    this.first = next.first
    this.startTime = next.startTime
  }

  #fallbackStart(): bigint {
    let earliest = 0n
    for (const { fallbackStart } of this.ends) {
      if (fallbackStart !== 0n && (earliest === 0n || fallbackStart < earliest)) earliest = fallbackStart
    }
    return earliest
  }
}

/** Of several ends the last or the first counts; of several at one time the last or first in order. */
function beats(end: Fragment, before: Fragment, { end: policy }: Profile): boolean {
  if (policy !== 'first') return end.end >= before.end
  return end.end < before.end
}

function timeOf(closer: Fragment | Remembered): bigint {
  return 'opened' in closer ? closer.opened.time : closer.time
}

/** Whether the fragment comes after an end at this time with this rank; at equal times the rank decides. */
export function isAfterEnd(fragment: Fragment, endTime: bigint, endRank: number): boolean {
  if (fragment.time !== endTime) return fragment.time > endTime
  return fragment.rank > endRank
}

/** Whether two fragments tell the same end. */
export function sameEnd(left: Fragment, time: bigint, code: number, message: string): boolean {
  return left.end === time && left.status.code === code && left.status.message === message
}

/** Orders runs that were remembered by where they began. */
export function compareRemembered(left: Remembered, right: Remembered): number {
  return comparePlaces(left.opened, right.opened)
}
