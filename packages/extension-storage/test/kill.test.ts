import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'

import { seededRandom } from '@spanloom/core/testing'
import { expect, onTestFinished, test } from 'vitest'

import type { StoreFile } from '../src/database/store-file.ts'
import { contentOf } from './kill-content.ts'
import { ask, openFile, temporaryFolder } from './setup.ts'

const rounds = 20
const fileName = 'exporter_otlp_kill.db'
const child = fileURLToPath(new URL('./kill-child.ts', import.meta.url))

/** What the processes told before they were killed. */
class Told {
  readonly #numbers = new Map<string, Set<number>>()
  lines = 0

  add(line: string): void {
    const [what = '', ...numbers] = line.split(' ')
    for (const number of numbers) this.of(what).add(Number(number))
    this.lines++
  }

  of(what: string): Set<number> {
    let numbers = this.#numbers.get(what)
    if (numbers === undefined) this.#numbers.set(what, (numbers = new Set()))
    return numbers
  }
}

/** Runs a process until it has told `lines` more lines, and kills it in the middle of its work. */
async function runAndKill(
  directory: string,
  fsync: boolean,
  start: number,
  lines: number,
  told: Told,
): Promise<void> {
  const running = spawn(process.execPath, [child, directory, `${fsync}`, `${start}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void running.kill('SIGKILL'))
  let rest = ''
  const limit = told.lines + lines
  running.stdout.setEncoding('utf8').on('data', (text: string) => {
    const complete = (rest + text).split('\n')
    // A line that was cut was not told.
    rest = complete.pop() ?? ''
    for (const line of complete) told.add(line)
    if (told.lines >= limit) running.kill('SIGKILL')
  })
  await once(running, 'close')
}

/** The numbers in the file whose bytes are not as they were. */
function damagedIn(file: StoreFile, ids: ReadonlyMap<number, number>): readonly number[] {
  return [...ids].flatMap(([number, id]) => {
    const body = ask(file, 'body', { id })
    return body !== undefined && Buffer.compare(body, contentOf(number)) === 0 ? [] : [number]
  })
}

function queued(file: StoreFile): ReadonlyMap<number, number> {
  const ids = new Map<number, number>()
  for (let after = 0; ;) {
    const records = ask(file, 'pending', { after, limit: 1_000 })
    for (const { id, uid } of records) ids.set(Number(uid), id)
    const last = records.at(-1)
    if (last === undefined) return ids
    after = last.id
  }
}

function kept(file: StoreFile): ReadonlyMap<number, Uint8Array> {
  const found = new Map<number, Uint8Array>()
  for (let after = -1; ;) {
    const records = ask(file, 'scan', { after })
    for (const { sequence, bytes } of records) found.set(sequence, bytes)
    const last = records.at(-1)
    if (last === undefined) return found
    after = last.sequence
  }
}

const missing = (
  told: Told,
  what: string,
  gone: string,
  there: ReadonlyMap<number, unknown>,
): readonly number[] =>
  [...told.of(what)].filter((number) => !told.of(gone).has(number) && !there.has(number))

test.each([false, true])(
  'OUT-03: with fsync %s, kill -9 loses nothing that was acknowledged',
  async (fsync) => {
    const directory = temporaryFolder()
    const random = seededRandom(fsync ? 1 : 2)
    const told = new Told()
    for (let round = 0; round < rounds; round++) {
      await runAndKill(directory, fsync, round * 1_000_000, 5 + Math.floor(random() * 60), told)

      // A copy is looked at, so that the next process finds the file as the kill left it.
      const copy = temporaryFolder()
      cpSync(directory, copy, { recursive: true })
      const path = join(copy, fileName)
      const file = openFile(copy, { path, owner: 'exporter otlp/kill' })
      const ids = queued(file)
      const fragments = kept(file)
      const noted = [...told.of('noted')].filter(
        (number) => ask(file, 'get', { key: `i${number}` })?.length !== contentOf(number % 50).length,
      )
      expect(file.opened).toEqual({ unclean: true })
      expect(missing(told, 'queued', 'sent', ids)).toEqual([])
      expect(missing(told, 'kept', 'emitted', fragments)).toEqual([])
      expect(noted).toEqual([])
      expect(damagedIn(file, ids)).toEqual([])
      expect(
        [...fragments].filter(([number, bytes]) => Buffer.compare(bytes, contentOf(number)) !== 0),
      ).toEqual([])
      file.close()
      const check = new DatabaseSync(path)
      expect(check.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' })
      check.close()
    }
    expect(told.of('queued').size).toBeGreaterThan(rounds)
  },
  240_000,
)
