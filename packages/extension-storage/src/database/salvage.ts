import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'

import { faultOf } from './fault.ts'
import { integer, type Row } from './row.ts'

/** Tables whose rows have a number; `entry` has a text as its key. */
const numbered = ['body', 'delivery', 'fragment'] as const
const farthest = Number.MAX_SAFE_INTEGER

/**
 * Copies what can be read of a damaged file into the tables of a new one and answers how many rows that are. One
 * damaged page costs the rows on it, not those behind it. All rows are copied or, when the new file has no room, none.
 */
export function salvage(damaged: string, target: DatabaseSync): number {
  let source: DatabaseSync
  try {
    source = new DatabaseSync(damaged)
    // Nobody else reads it, and no shared memory is left beside it.
    source.exec('PRAGMA locking_mode = EXCLUSIVE')
  } catch {
    return 0
  }
  target.exec('BEGIN IMMEDIATE')
  try {
    let rows = 0
    for (const table of numbered) rows += copyNumbered(source, target, table)
    rows += copyNamed(source, target)
    target.exec('COMMIT')
    return rows
  } catch {
    if (target.isTransaction) target.exec('ROLLBACK')
    return 0
  } finally {
    source.close()
  }
}

function copyNumbered(source: DatabaseSync, target: DatabaseSync, table: string): number {
  const select = prepared(
    source,
    `SELECT rowid AS row_number, * FROM ${table} NOT INDEXED WHERE rowid > ? ORDER BY rowid`,
  )
  if (select === undefined) return 0
  const copy = new RowCopy(target, table)
  let after: number | undefined = -farthest
  while (after !== undefined) {
    const before: number = after
    try {
      for (const { row_number, ...row } of select.iterate(after)) {
        copy.add(row)
        after = integer({ row_number: row_number ?? null }, 'row_number')
      }
      return copy.rows
    } catch (error) {
      if (!isDamage(error)) throw error
      if (after === before) after = behindDamage(select, after)
    }
  }
  return copy.rows
}

/** Entries from the first one on, and from the last one back, until something cannot be read. */
function copyNamed(source: DatabaseSync, target: DatabaseSync): number {
  const copy = new RowCopy(target, 'entry')
  for (const order of ['ASC', 'DESC']) {
    try {
      const select = prepared(source, `SELECT * FROM entry NOT INDEXED ORDER BY key ${order}`)
      if (select === undefined) return copy.rows
      for (const row of select.iterate()) copy.add(row)
      return copy.rows
    } catch (error) {
      if (!isDamage(error)) throw error
    }
  }
  return copy.rows
}

/** The nearest number after which rows can be read again; `undefined` when there is none. */
function behindDamage(select: StatementSync, after: number): number | undefined {
  const isReadable = (from: number): boolean => {
    try {
      select.get(from)
      return true
    } catch {
      return false
    }
  }
  let [bad, step] = [after, 1]
  while (!isReadable(bad + step)) {
    bad += step
    step *= 2
    if (bad + step > farthest) return undefined
  }
  let good = bad + step
  while (good - bad > 1) {
    const middle = bad + Math.floor((good - bad) / 2)
    if (isReadable(middle)) good = middle
    else bad = middle
  }
  return good
}

/** Adds rows to a table; what is no row of it is left out. */
class RowCopy {
  rows: number = 0
  readonly #target: DatabaseSync
  readonly #table: string
  #insert: StatementSync | undefined

  constructor(target: DatabaseSync, table: string) {
    this.#target = target
    this.#table = table
  }

  add(row: Row): void {
    const names = Object.keys(row)
    this.#insert ??= this.#target.prepare(
      `INSERT OR IGNORE INTO ${this.#table}(${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`,
    )
    const values: readonly SQLInputValue[] = Object.values(row)
    try {
      this.rows += Number(this.#insert.run(...values).changes)
    } catch (error) {
      if (faultOf(error).kind === 'full') throw error
    }
  }
}

/** `undefined` when there is no such table. */
function prepared(source: DatabaseSync, sql: string): StatementSync | undefined {
  try {
    return source.prepare(sql)
  } catch {
    return undefined
  }
}

function isDamage(error: unknown): boolean {
  // A number or a text that is none is damage, too, and no fault of SQLite.
  return error instanceof TypeError || error instanceof RangeError || faultOf(error).kind === 'damaged'
}
