import fc from 'fast-check'
import { expect, it } from 'vitest'

import type { Ownership } from './checkpoints.ts'
import { planClaims } from './plan-claims.ts'

/** Plays rounds of all instances against one store until nobody wants anything; answers who owns what. */
function settleDown(
  instances: readonly string[],
  partitionCount: number,
  strategy: 'greedy' | 'balanced',
  start: ReadonlyMap<string, string>,
  random: () => number,
): { readonly owners: ReadonlyMap<string, string>; readonly rounds: number } {
  const partitionIds = Array.from({ length: partitionCount }, (_, index) => String(index))
  const owners = new Map(start)
  for (let round = 1; round <= 400; round++) {
    let changed = false
    for (const self of instances) {
      const records: Ownership[] = [...owners].map(([partitionId, ownerId]) => ({
        partitionId,
        ownerId,
        // Those who no longer live were last seen long ago.
        lastModifiedMs: instances.includes(ownerId) ? 100_000 : 0,
        etag: 'x',
      }))
      const situation = {
        self,
        strategy,
        partitionIds,
        records,
        nowMs: 100_000,
        expirationMs: 60_000,
        random,
      }
      for (const id of planClaims(situation).take) {
        owners.set(id, self)
        changed = true
      }
    }
    if (!changed) return { owners, rounds: round }
  }
  return { owners, rounds: Number.POSITIVE_INFINITY }
}

it('comes to rest with every partition owned and nobody two ahead of another, whoever had what before', () => {
  const instances = fc.integer({ min: 1, max: 6 })
  const result = fc.check(
    fc.property(
      instances,
      fc.integer({ min: 1, max: 32 }),
      fc.constantFrom('greedy' as const, 'balanced' as const),
      fc.array(fc.tuple(fc.nat(31), fc.nat(8)), { maxLength: 32 }),
      fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true })),
      (count, partitions, strategy, before, numbers) => {
        const names = Array.from({ length: count }, (_, index) => `i${index}`)
        const start = new Map(
          before
            .filter(([partition]) => partition < partitions)
            .map(([partition, owner]) => [String(partition), `i${owner}`]),
        )
        const { owners, rounds } = settleDown(
          names,
          partitions,
          strategy,
          start,
          () => numbers.next().value ?? 0,
        )
        const counts = names.map((name) => [...owners.values()].filter((owner) => owner === name).length)
        return (
          Number.isFinite(rounds) &&
          counts.reduce((sum, each) => sum + each, 0) === partitions &&
          Math.max(...counts) - Math.min(...counts) <= 1
        )
      },
    ),
    { numRuns: 500 },
  )
  expect(result.counterexample).toBeNull()
})

it('takes all free partitions at once when greedy, one when balanced', () => {
  const situation = {
    self: 'a',
    partitionIds: ['0', '1', '2', '3'],
    records: [],
    nowMs: 0,
    expirationMs: 60_000,
    random: () => 0,
  }
  expect(planClaims({ ...situation, strategy: 'greedy' }).take).toHaveLength(4)
  expect(planClaims({ ...situation, strategy: 'balanced' }).take).toHaveLength(1)
})

it('takes what an instance left behind or was not renewed, and nothing else', () => {
  const record = (partitionId: string, ownerId: string, lastModifiedMs: number): Ownership => ({
    partitionId,
    ownerId,
    lastModifiedMs,
    etag: partitionId,
  })
  const plan = planClaims({
    self: 'a',
    strategy: 'greedy',
    partitionIds: ['0', '1', '2', '3'],
    records: [
      record('0', 'a', 90_000),
      record('1', 'b', 90_000),
      record('2', '', 99_000),
      record('3', 'c', 1_000),
    ],
    nowMs: 100_000,
    expirationMs: 60_000,
    random: () => 0,
  })
  expect(plan).toEqual({ renew: ['0'], take: ['2'] })
})
