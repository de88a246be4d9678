import type { AppendedRecord, IndexEntry } from '@spanloom/core'
import fc from 'fast-check'
import { expect, it } from 'vitest'

import { ask, openFile, temporaryFolder } from './setup.ts'

const key = fc
  .oneof(fc.string({ unit: 'binary', maxLength: 3 }), fc.constantFrom('a', 'ab', 'abc', 'b', '\0', ''))
  .map((text) => text.toWellFormed())
const sequence = fc.integer({ min: -5, max: 40 })
const record: fc.Arbitrary<AppendedRecord> = fc.record({
  key,
  sequence,
  bytes: fc.uint8Array({ maxLength: 20 }),
})

type Step =
  | { readonly append: readonly AppendedRecord[]; readonly remove: readonly number[] }
  | { readonly put: readonly IndexEntry[] }
  | { readonly delete: readonly string[] }
  | 'reopen'
  | 'expire'

const entry: fc.Arbitrary<IndexEntry> = fc
  .record({
    key,
    value: fc.uint8Array({ maxLength: 8 }),
    expiresMs: fc.option(fc.integer({ min: 0, max: 200 })),
  })
  .map(({ expiresMs, ...rest }) => (expiresMs === null ? rest : { ...rest, expiresMs }))

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    append: fc.array(record, { maxLength: 6 }),
    remove: fc.array(sequence, { maxLength: 4 }),
  }),
  fc.record({ put: fc.array(entry, { maxLength: 5 }) }),
  fc.record({ delete: fc.array(key, { maxLength: 3 }) }),
  fc.constantFrom('reopen', 'expire'),
)

const byBytes = (a: { readonly key: string }, b: { readonly key: string }): number =>
  Buffer.compare(Buffer.from(a.key), Buffer.from(b.key))

it('keeps records and entries as maps would, however often it is opened', () => {
  const folder = temporaryFolder()
  let run = 0
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
      const path = `${folder}/${run++}.db`
      const records = new Map<number, AppendedRecord>()
      const entries = new Map<string, IndexEntry>()
      let file = openFile(folder, { path })
      let nowMs = 0
      try {
        for (const each of steps) {
          nowMs += 10
          if (each === 'reopen') {
            file.close()
            file = openFile(folder, { path })
          } else if (each === 'expire') {
            file.maintain(nowMs, true)
          } else if ('append' in each) {
            ask(file, 'write', each, { nowMs })
            for (const appended of each.append) records.set(appended.sequence, appended)
            for (const removed of each.remove) records.delete(removed)
          } else if ('put' in each) {
            ask(file, 'put', { entries: each.put }, { nowMs })
            for (const put of each.put) entries.set(put.key, put)
          } else {
            ask(file, 'delete', { keys: each.delete }, { nowMs })
            for (const deleted of each.delete) entries.delete(deleted)
          }

          const sorted = [...records.values()].toSorted((a, b) => a.sequence - b.sequence)
          expect(ask(file, 'scan', { after: -100 })).toEqual(sorted)
          expect(ask(file, 'scan', { after: 10 })).toEqual(sorted.filter(({ sequence }) => sequence > 10))
          expect(ask(file, 'read', { sequences: [12, 3, 5, 3] })).toEqual(
            sorted.filter(({ sequence }) => [3, 5, 12].includes(sequence)),
          )
          const alive = [...entries.values()]
            .filter(({ expiresMs = Infinity }) => expiresMs > nowMs)
            .toSorted(byBytes)
          for (const prefix of ['', 'a', 'ab', '\0']) {
            const found = alive.filter(({ key }) => key.startsWith(prefix))
            expect(ask(file, 'entries', { prefix, after: undefined }, { nowMs })).toEqual(found)
            const after = found[0]?.key
            expect(ask(file, 'entries', { prefix, after }, { nowMs })).toEqual(
              found.slice(after === undefined ? 0 : 1),
            )
          }
          expect(ask(file, 'get', { key: 'ab' }, { nowMs })).toEqual(
            alive.find(({ key }) => key === 'ab')?.value,
          )
        }
      } finally {
        file.close()
      }
    }),
    { numRuns: 60 },
  )
}, 60_000)

it('hands out large results in pages', () => {
  const file = openFile(temporaryFolder())
  const bytes = new Uint8Array(300_000)
  const append = Array.from({ length: 9 }, (_, at) => ({ key: 'k', sequence: at, bytes }))
  ask(file, 'write', { append })
  ask(file, 'put', { entries: append.map(({ sequence }) => ({ key: `k${sequence}`, value: bytes })) })

  expect(ask(file, 'scan', { after: -1 })).toHaveLength(4)
  expect(ask(file, 'scan', { after: 7 })).toHaveLength(1)
  expect(ask(file, 'entries', { prefix: 'k', after: undefined })).toHaveLength(4)
  file.close()
})
