/** A place in the order of the fragments of one key (`assembly.md` section 2). */
export interface Place {
  /** Unix ns. */
  readonly time: bigint
  readonly rank: number
  /** Number of arrival; decides only where time and rank are equal. */
  readonly arrival: number
}

/** Negative when `left` comes first. */
export function comparePlaces(left: Place, right: Place): number {
  if (left.time !== right.time) return left.time < right.time ? -1 : 1
  return left.rank - right.rank || left.arrival - right.arrival
}

/** The same things in order; the list itself when it is in order already, which is the usual case. */
export function inOrder<T extends Place>(things: readonly T[]): readonly T[] {
  for (let index = 1; index < things.length; index++) {
    const before = things[index - 1]
    const here = things[index]
    if (before !== undefined && here !== undefined && comparePlaces(before, here) > 0) {
      return things.toSorted(comparePlaces)
    }
  }
  return things
}
