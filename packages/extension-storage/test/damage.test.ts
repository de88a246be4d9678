import {
  closeSync,
  cpSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { describe, expect, test } from 'vitest'

import { append, ask, openFile, temporaryFolder } from './setup.ts'
import { started } from './started.ts'

const owner = { kind: 'exporter', id: 'otlp' } as const
const body = new Uint8Array(20_000).fill(7)

/** Overwrites a part of a file with noise. */
function scribble(path: string, position: number, length: number): void {
  const file = openSync(path, 'r+')
  writeSync(file, Buffer.alloc(length, 0xa5), 0, length, position)
  closeSync(file)
}

/** A folder with a file whose log is empty, so that nothing can mend it. */
function closed(): string {
  const folder = temporaryFolder()
  const file = openFile(folder)
  append(file, body, body)
  file.close()
  return folder
}

/** A folder with a file that was not closed, as a kill leaves it. */
function abandoned(): string {
  const [folder, copy] = [temporaryFolder(), temporaryFolder()]
  const file = openFile(folder)
  append(file, body, body)
  cpSync(folder, copy, { recursive: true })
  file.close()
  return copy
}

describe('OUT-10: a file that was not closed', () => {
  test('is checked, and holds everything', () => {
    const file = openFile(abandoned())

    expect(file.opened).toEqual({ unclean: true })
    expect(ask(file, 'stats', undefined)).toMatchObject({ pending: 2 })
    file.close()
  })

  test('is mended by its log when its beginning is noise', () => {
    const folder = abandoned()
    scribble(join(folder, 'queue.db'), 0, 200)

    const file = openFile(folder)

    expect(ask(file, 'stats', undefined)).toMatchObject({ pending: 2 })
    file.close()
  })

  test('is not checked again once it was closed', () => {
    const folder = abandoned()
    openFile(folder).close()

    const file = openFile(folder)

    expect(file.opened).toEqual({ unclean: false })
    file.close()
  })
})

describe('OUT-10: a damaged file', () => {
  const aside = 'queue.db.corrupt-20260101T000000000Z'

  test.each([
    ['whose beginning is noise', 0, (folder: string) => scribble(join(folder, 'queue.db'), 0, 200)],
    [
      'that is something else',
      0,
      (folder: string) => writeFileSync(join(folder, 'queue.db'), 'a diary\n'.repeat(1_000)),
    ],
    [
      'that does not tell whose it is',
      2,
      (folder: string) => {
        const path = join(folder, 'queue.db')
        const other = new DatabaseSync(path)
        other.exec('DROP TABLE meta')
        other.close()
      },
    ],
    [
      'with noise in its tables',
      2,
      (folder: string) => {
        const unclean = new DatabaseSync(join(folder, 'queue.db'))
        unclean.exec("UPDATE meta SET v = 'open' WHERE k = 'state'")
        unclean.close()
        scribble(join(folder, 'queue.db'), 5 * 4_096, 8_000)
      },
    ],
  ])('%s is moved aside, and a new one begun with what can be read: %i', (_what, pending, damage) => {
    const folder = closed()
    damage(folder)

    const file = openFile(folder)

    expect(file.opened).toMatchObject({ unclean: false, aside: { path: join(folder, aside) } })
    expect(ask(file, 'stats', undefined)).toMatchObject({ pending })
    expect(append(file, body)).toEqual([1 + pending])
    expect(existsSync(join(folder, aside))).toBe(true)
    file.close()
  })

  test('loses what lies on a damaged page, and nothing behind it', () => {
    const folder = temporaryFolder()
    const file = openFile(folder)
    const records = Array.from({ length: 400 }, (_, index) => ({
      key: `key ${index}`,
      sequence: index * 1_000,
      bytes: new Uint8Array(900).fill(index),
    }))
    ask(file, 'write', { append: records })
    const entries = records.map(({ key, bytes }) => ({ key, value: bytes.subarray(0, 100) }))
    ask(file, 'put', { entries })
    file.close()
    const path = join(folder, 'queue.db')
    const unclean = new DatabaseSync(path)
    unclean.exec("UPDATE meta SET v = 'open' WHERE k = 'state'")
    unclean.close()
    // Leaves of tables with numbers begin with 13; each holds four of these records.
    const leaves = readLeaves(path)
    for (const leaf of [leaves[20], leaves[21], leaves[60]]) scribble(path, (leaf ?? 0) * 4_096, 4_096)

    const mended = openFile(folder)

    const found = ask(mended, 'read', { sequences: records.map(({ sequence }) => sequence) })
    expect(found.length).toBeGreaterThanOrEqual(400 - 3 * 4)
    expect(found.length).toBeLessThan(400)
    const known = new Map(records.map((record) => [record.sequence, record]))
    for (const record of found) expect(record).toEqual(known.get(record.sequence))
    expect(ask(mended, 'entries', { prefix: '', after: undefined })).toHaveLength(400)
    expect(mended.opened.aside?.salvaged).toBe(found.length + 400)
    mended.close()
    expect(openFile(folder).opened).toEqual({ unclean: false })
  })

  test('never replaces one that was moved aside before', () => {
    const folder = closed()
    for (let round = 0; round < 2; round++) {
      writeFileSync(join(folder, 'queue.db'), 'noise'.repeat(1_000))
      openFile(folder).close()
    }

    expect(readdirSync(folder).toSorted()).toEqual(['queue.db', aside, `${aside}-2`])
  })

  test('of a newer version is not touched', () => {
    const folder = temporaryFolder()
    openFile(folder).close()
    const newer = new DatabaseSync(join(folder, 'queue.db'))
    newer.exec("UPDATE meta SET v = '2' WHERE k = 'schema'")
    newer.close()

    expect(() => openFile(folder)).toThrow('newer version')
    expect(readdirSync(folder)).toEqual(['queue.db'])
  })

  test('does not keep the collector from starting: it is told in log and status', async () => {
    const directory = temporaryFolder()
    const path = join(directory, 'exporter_otlp.db')
    writeFileSync(path, 'noise'.repeat(1_000))
    const { extension, telemetry } = await started({ directory })

    const file = await extension.storage.open(owner)

    expect(telemetry.logger.lines).toMatchObject([
      {
        level: 'error',
        message: 'A damaged storage file was moved aside and a new one begun.',
        fields: {
          path,
          moved_to: expect.stringMatching(/exporter_otlp\.db\.corrupt-\d{8}T\d{9}Z$/),
          salvaged: 0,
        },
      },
    ])
    expect(telemetry.statusEvents).toMatchObject([{ kind: 'RecoverableError' }])
    await file.queue.append([{ destination: 0, body, items: 1 }])
    expect(telemetry.statusEvents).toMatchObject([{ kind: 'RecoverableError' }, { kind: 'OK' }])
  })
})

test('EXP-43: a body that cannot be read is gone, the rest is not', () => {
  const folder = temporaryFolder()
  const file = openFile(folder)
  const ids = append(file, body, new Uint8Array([1]))
  file.close()
  const faults: unknown[] = []
  const reopened = openFile(folder, {}, (fault) => faults.push(fault))
  // The pages of the first body hold nothing but sevens; the first of them tells where the next one lies.
  const [first = 0, second = 0] = ids
  corruptChain(join(folder, 'queue.db'))

  expect(ask(reopened, 'body', { id: first })).toBeUndefined()
  expect(ask(reopened, 'body', { id: second })).toEqual(new Uint8Array([1]))
  expect(faults).toMatchObject([{ kind: 'damaged' }])
  ask(reopened, 'done', { ids: [first] })
  reopened.close()
  const again = openFile(folder)
  expect(again.opened).toEqual({ unclean: false })
  expect(ask(again, 'pending', { after: 0, limit: 10 })).toMatchObject([{ id: second }])
  again.close()
})

test('fragments that cannot be read are gone, those beside them are not', () => {
  const folder = temporaryFolder()
  const file = openFile(folder)
  const records = [1, 2, 3].map((sequence) => ({
    key: 'order',
    sequence,
    bytes: sequence === 2 ? body : Uint8Array.of(sequence),
  }))
  ask(file, 'write', { append: records })
  file.close()
  const faults: unknown[] = []
  const reopened = openFile(folder, {}, (fault) => faults.push(fault))
  corruptChain(join(folder, 'queue.db'))

  const found = ask(reopened, 'read', { sequences: [1, 2, 3, 4] })

  expect(found.map(({ sequence }) => sequence)).toEqual([1, 3])
  expect(faults).toMatchObject([{ kind: 'damaged' }])
  reopened.close()
  expect(openFile(folder).opened).toMatchObject({ aside: { reason: expect.any(String) } })
})

/** Numbers of the pages that hold rows of tables with numbers. */
function readLeaves(path: string): readonly number[] {
  const content = readFileSync(path)
  return Array.from({ length: content.length / 4_096 }, (_, page) => page).filter(
    (page) => page > 0 && content[page * 4_096] === 13,
  )
}

/** Lets the first page of sevens point to a page that does not exist. */
function corruptChain(path: string): void {
  const pages = statSync(path).size / 4_096
  const database = openSync(path, 'r+')
  const page = Buffer.alloc(4_096)
  for (let at = 1; at < pages; at++) {
    readSync(database, page, 0, 4_096, at * 4_096)
    if (!page.subarray(8, 4_000).every((byte) => byte === 7)) continue
    page.writeUInt32BE(0x7fff_ffff, 0)
    writeSync(database, page, 0, 4, at * 4_096)
    break
  }
  closeSync(database)
}
