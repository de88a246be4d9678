import { closeSync, existsSync, openSync, renameSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'

import { appendSchema } from './append-table.ts'
import { FaultError, faultOf } from './fault.ts'
import { indexSchema } from './index-table.ts'
import { queueSchema } from './queue-table.ts'
import { integer, text } from './row.ts'
import { salvage } from './salvage.ts'

export interface DatabaseOptions {
  readonly path: string
  /** Names whose data the file holds; a file of somebody else is refused. */
  readonly owner: string
  /** True: a commit survives a power failure. False: it survives the death of the process. */
  readonly fsync: boolean
  /** How long to wait for the lock of the file, in milliseconds. */
  readonly timeoutMs: number
  /** Limit of the file's size; 0 = none. */
  readonly maxBytes: number
  /** Wall time, for the name of a damaged file. */
  readonly nowMs: number
}

export interface OpenDatabase {
  readonly database: DatabaseSync
  /** The last user of the file was not able to close it. */
  readonly unclean: boolean
  /** Where a damaged file went, what was wrong with it, and how many rows of it could be read all the same. */
  readonly aside?: { readonly path: string; readonly reason: string; readonly salvaged: number }
}

export const pageSize = 4_096

const schemaVersion = '1'

/**
 * Opens the file for this process alone. One that was not closed is checked, a damaged one moved aside (OUT-10); what
 * can be read of it is in the new one.
 *
 * @throws FaultError or an error of SQLite; see `faultOf`.
 */
export function openDatabase(options: DatabaseOptions): OpenDatabase {
  try {
    return openOnce(options)
  } catch (error) {
    const fault = faultOf(error)
    if (fault.kind !== 'damaged') throw error
    const path = moveAside(options.path, options.nowMs)
    const opened = openOnce(options)
    return { ...opened, aside: { path, reason: fault.message, salvaged: salvage(path, opened.database) } }
  }
}

/** Takes the mark off that `unclean` reads. The caller closes the database next. */
export function markClean(database: DatabaseSync): void {
  database.exec("UPDATE meta SET v = 'clean' WHERE k = 'state'")
}

/** Largest number of pages for a limit in bytes. */
export function pagesOf(bytes: number): number {
  // The schema alone takes a dozen pages.
  return Math.max(32, Math.floor(bytes / pageSize))
}

function openOnce(options: DatabaseOptions): OpenDatabase {
  // SQLite would let everybody read the file. Its log gets the permissions of the file. An existing file is left
  // alone: closing a second descriptor of it would end the locks of this process.
  if (!existsSync(options.path)) closeSync(openSync(options.path, 'a', 0o600))
  const database = new DatabaseSync(options.path, { timeout: options.timeoutMs, allowExtension: false })
  try {
    for (const pragma of pragmas(options)) database.exec(`PRAGMA ${pragma}`)
    database.exec('BEGIN IMMEDIATE')
    const unclean = prepareTables(database, options.owner)
    database.exec('COMMIT')
    if (unclean) quickCheck(database)
    return { database, unclean }
  } catch (error) {
    database.close()
    throw error
  }
}

/** In this order: the first two count only before the first table, the lock only before the log is opened. */
function pragmas({ fsync, maxBytes }: DatabaseOptions): readonly string[] {
  return [
    `page_size = ${pageSize}`,
    'auto_vacuum = INCREMENTAL',
    'locking_mode = EXCLUSIVE',
    'journal_mode = WAL',
    `synchronous = ${fsync ? 'FULL' : 'NORMAL'}`,
    'wal_autocheckpoint = 1000',
    `journal_size_limit = ${64 << 20}`,
    'temp_store = MEMORY',
    'cache_size = -16000',
    ...(maxBytes > 0 ? [`max_page_count = ${pagesOf(maxBytes)}`] : []),
  ]
}

/** Makes the tables of a new file, or checks that an old one is ours, and marks it as in use. */
function prepareTables(database: DatabaseSync, owner: string): boolean {
  const tables = database.prepare("SELECT count(*) AS n, max(name = 'meta') AS meta FROM sqlite_schema").get()
  if (tables === undefined || integer(tables, 'n') === 0) {
    database.exec(queueSchema + appendSchema + indexSchema)
    database.exec('CREATE TABLE meta(k TEXT PRIMARY KEY, v TEXT) STRICT, WITHOUT ROWID')
    const insert = database.prepare('INSERT INTO meta(k, v) VALUES (?, ?)')
    insert.run('schema', schemaVersion)
    insert.run('owner', owner)
    insert.run('state', 'open')
    return false
  }
  if (integer(tables, 'meta') !== 1) throw new FaultError('damaged', 'It is no storage file of Spanloom.')
  const writer = requireKnownSchema(database)
  if (writer !== owner) throw new FaultError('foreign', `It holds the data of ${writer}, not of ${owner}.`)
  const state = metaOf(database).get('state')
  database.exec("UPDATE meta SET v = 'open' WHERE k = 'state'")
  return state !== 'clean'
}

/**
 * Answers whose data a file holds.
 *
 * @throws FaultError or an error of SQLite when it is not of a version that is known here.
 */
export function requireKnownSchema(database: DatabaseSync): string {
  const meta = metaOf(database)
  const version = meta.get('schema')
  if (version !== schemaVersion) {
    throw Number(version) > Number(schemaVersion)
      ? new FaultError('foreign', `It was written by a newer version of Spanloom (schema ${version}).`)
      : new FaultError('damaged', 'It does not tell its version.')
  }
  return meta.get('owner') ?? ''
}

function metaOf(database: DatabaseSync): ReadonlyMap<string, string> {
  const rows = database.prepare('SELECT k, v FROM meta').all()
  return new Map(rows.map((row) => [text(row, 'k'), text(row, 'v')]))
}

function quickCheck(database: DatabaseSync): void {
  const row = database.prepare('PRAGMA quick_check(1)').get()
  const verdict = row === undefined ? 'no answer' : text(row, 'quick_check')
  if (verdict !== 'ok') throw new FaultError('damaged', verdict)
}

/** Closing put the log into the file. Where it could not, the log must not meet the new file, so it goes along. */
function moveAside(path: string, nowMs: number): string {
  const time = new Date(nowMs).toISOString().replaceAll(/[:.-]/g, '')
  let target = `${path}.corrupt-${time}`
  for (let turn = 2; existsSync(target); turn++) target = `${path}.corrupt-${time}-${turn}`
  renameSync(path, target)
  for (const companion of ['-wal', '-journal', '-shm']) {
    if (existsSync(path + companion)) renameSync(path + companion, target + companion)
  }
  return target
}
