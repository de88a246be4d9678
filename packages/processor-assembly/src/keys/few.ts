/**
 * Members that are there once, in the order in which they came. Nearly always there is one, or a handful: one stands
 * for itself and a handful is a list, because a `Set` for each of a million keys is most of what they cost.
 */
export type Few<T extends string | number> = T | T[] | Set<T>

/** Beyond so many members a set finds them faster than a look at each. */
const longestList = 8

/** The same with this member. Lists and sets are changed, not copied. */
export function withMember<T extends string | number>(few: Few<T> | undefined, member: T): Few<T> {
  if (few === undefined || few === member) return member
  if (few instanceof Set) return few.add(member)
  if (!Array.isArray(few)) return [few, member]
  if (few.includes(member)) return few
  if (few.length === longestList) return new Set(few).add(member)
  few.push(member)
  return few
}

/** The same without this member; undefined when nothing is left. Lists and sets are changed, not copied. */
export function withoutMember<T extends string | number>(
  few: Few<T> | undefined,
  member: T,
): Few<T> | undefined {
  if (few instanceof Set) {
    few.delete(member)
    return few.size === 0 ? undefined : few
  }
  if (!Array.isArray(few)) return few === member ? undefined : few
  const place = few.indexOf(member)
  if (place >= 0) few.splice(place, 1)
  return few.length === 0 ? undefined : few
}

/** All members, in their order. */
export function membersOf<T extends string | number>(few: Few<T> | undefined): Iterable<T> {
  if (few === undefined) return []
  return typeof few === 'object' ? few : [few]
}
