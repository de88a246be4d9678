import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { seededRandom } from '@spanloom/core/testing'
import { expect, test } from 'vitest'

import { ask, openFile, temporaryFolder } from './setup.ts'

/** How many torn logs are tried. */
const trials = Number(process.env['SPANLOOM_TEAR_TRIALS'] ?? 200)
const commits = 120

test('OUT-03: a log that lost power leaves a clean prefix of the commits, never a damaged file', () => {
  const folder = temporaryFolder()
  const file = openFile(folder)
  const random = seededRandom(7)
  for (let sequence = 1; sequence <= commits; sequence++) {
    const bytes = new Uint8Array(Math.floor(random() * 40_000)).fill(sequence)
    const half = bytes.length >> 1
    // Two records of one commit, of which never only one may survive.
    ask(file, 'write', {
      append: [
        { key: 'first', sequence: sequence * 2, bytes: bytes.subarray(0, half) },
        { key: 'second', sequence: sequence * 2 + 1, bytes: bytes.subarray(half) },
      ],
    })
  }
  const log = readFileSync(join(folder, 'queue.db-wal'))
  const survivors: number[] = []

  for (let trial = 0; trial < trials; trial++) {
    const torn = temporaryFolder()
    cpSync(join(folder, 'queue.db'), join(torn, 'queue.db'))
    writeFileSync(join(torn, 'queue.db-wal'), tear(log, trial % 4, random))
    const reopened = openFile(torn)
    const sequences: number[] = []
    for (let after = 0; ;) {
      const page = ask(reopened, 'scan', { after })
      const last = page.at(-1)
      if (last === undefined) break
      sequences.push(...page.map(({ sequence }) => sequence))
      after = last.sequence
    }
    expect(reopened.opened.aside).toBeUndefined()
    reopened.close()
    const check = new DatabaseSync(join(torn, 'queue.db'))
    expect(check.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' })
    check.close()

    expect(sequences).toEqual(Array.from({ length: sequences.length }, (_, at) => at + 2))
    expect(sequences.length % 2).toBe(0)
    survivors.push(sequences.length / 2)
  }
  file.close()

  expect(survivors.some((count) => count > 0 && count < commits)).toBe(true)
}, 240_000)

/** What a power failure can make of a log: cut, zeros from a point on, a hole, noise. */
function tear(log: Buffer, kind: number, random: () => number): Buffer {
  const at = Math.floor(random() * log.length)
  if (kind === 0) return log.subarray(0, at)
  const torn = Buffer.from(log)
  if (kind === 1) torn.fill(0, at)
  else if (kind === 2) torn.fill(0, at, at + 12_288)
  else
    for (let byte = at; byte < Math.min(at + 4_096, torn.length); byte++)
      torn[byte] = Math.floor(random() * 256)
  return torn
}
