import type { Ownership } from './checkpoints.ts'

/** What is known when partitions are shared out. */
export interface ClaimSituation {
  /** Id of this instance. */
  readonly self: string
  readonly strategy: 'greedy' | 'balanced'
  readonly partitionIds: readonly string[]
  readonly records: readonly Ownership[]
  /** Time of the store and age from which a record no longer counts, in milliseconds. */
  readonly nowMs: number
  readonly expirationMs: number
  /** A number of [0, 1). */
  readonly random: () => number
}

/** What this instance should do now. */
export interface ClaimPlan {
  /** Partitions that are ours and stay so. */
  readonly renew: readonly string[]
  /** Partitions to take. */
  readonly take: readonly string[]
}

/**
 * Shares out partitions (`eventhubs.md` section 5.2): every live instance gets the same number or one more. Free ones
 * come first; when none is left and we have too few, one is taken from the instance with the most. `greedy` takes all
 * that it may have at once, `balanced` one in each round.
 */
export function planClaims(situation: ClaimSituation): ClaimPlan {
  const { self, strategy, partitionIds, random } = situation
  const owners = ownersOf(situation)
  const mine = owners.get(self) ?? []
  const owned = new Set([...owners.values()].flat())
  const free = partitionIds.filter((id) => !owned.has(id))

  const counts = [...owners.values()].map((ids) => ids.length)
  const instances = owners.size + (owners.has(self) ? 0 : 1)
  const least = Math.floor(partitionIds.length / instances)
  const withOneMore = partitionIds.length % instances
  const others = counts.filter((_, index) => [...owners.keys()][index] !== self)
  const othersWithMore = others.filter((count) => count > least).length
  // One more than the others only while the surplus is not used up.
  const due = least + (othersWithMore < withOneMore ? 1 : 0)

  const wanted = Math.max(0, due - mine.length)
  const atOnce = strategy === 'greedy' ? wanted : Math.min(1, wanted)
  const take = pick(free, atOnce, random)
  if (take.length < atOnce)
    take.push(...stolen(owners, self, least, mine.length + take.length, atOnce - take.length, random))
  return { renew: mine, take }
}

function ownersOf({ partitionIds, records, nowMs, expirationMs }: ClaimSituation): Map<string, string[]> {
  const known = new Set(partitionIds)
  const owners = new Map<string, string[]>()
  for (const { partitionId, ownerId, lastModifiedMs } of records) {
    if (ownerId === '' || nowMs - lastModifiedMs >= expirationMs || !known.has(partitionId)) continue
    owners.set(ownerId, [...(owners.get(ownerId) ?? []), partitionId])
  }
  return owners
}

/** Partitions of those who have more than they should, of the one with the most first. */
function stolen(
  owners: ReadonlyMap<string, readonly string[]>,
  self: string,
  least: number,
  have: number,
  count: number,
  random: () => number,
): string[] {
  const rich = [...owners].filter(([owner]) => owner !== self).map(([, ids]) => [...ids])
  const taken: string[] = []
  while (taken.length < count) {
    const richest = rich.reduce<string[]>((most, ids) => (ids.length > most.length ? ids : most), [])
    // Whoever lacks its share may take from anyone above it; one more than that only from those with two more.
    if (richest.length <= (have + taken.length < least ? least : least + 1)) break
    const [id = ''] = pick(richest, 1, random)
    richest.splice(richest.indexOf(id), 1)
    taken.push(id)
  }
  return taken
}

/** Some at random, so that instances that start together do not fight for the same ones. */
function pick(ids: readonly string[], count: number, random: () => number): string[] {
  const left = [...ids]
  const picked: string[] = []
  while (picked.length < count && left.length > 0)
    picked.push(...left.splice(Math.floor(random() * left.length), 1))
  return picked
}
