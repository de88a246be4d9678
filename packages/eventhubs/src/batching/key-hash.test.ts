import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'

import fc from 'fast-check'
import { expect, it } from 'vitest'

import { partitionOfKey } from './key-hash.ts'

interface Mapper {
  readonly mapPartitionKeyToId: (key: string, count: number) => number
}

/** The SDK of Azure does not export its own function, which is the reference. */
async function reference(): Promise<Mapper> {
  const door = createRequire(import.meta.url).resolve('@azure/event-hubs')
  const path = join(dirname(door), '..', 'esm', 'impl', 'partitionKeyToIdMapper.js')
  const mapper: Mapper = await import(pathToFileURL(path).href)
  return mapper
}

it('gives every key the partition that the SDK of Azure gives it', async () => {
  const { mapPartitionKeyToId } = await reference()
  const keys = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 60 }), fc.stringMatching(/^[0-9a-f]{32}$/))
  const result = fc.check(
    fc.property(keys, fc.integer({ min: 1, max: 1024 }), (key, count) => {
      return partitionOfKey(key, count) === mapPartitionKeyToId(key, count)
    }),
    { numRuns: 2_000 },
  )
  expect(result.counterexample).toBeNull()
})
