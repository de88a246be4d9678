import type { DatabaseSync, StatementSync } from 'node:sqlite'

import type { IndexEntry } from '@spanloom/core'

import { blob, integer, optional, page, type Row, text, wholeMs } from './row.ts'

export const indexSchema = `
  CREATE TABLE entry(key TEXT PRIMARY KEY, value BLOB NOT NULL, expires_ms INTEGER) STRICT, WITHOUT ROWID;
  CREATE INDEX entry_expires ON entry(expires_ms) WHERE expires_ms IS NOT NULL;
`

/** The small map of an owner; see `KeyedIndex`. Methods that change something belong into a transaction. */
export class IndexTable {
  readonly #statements: Readonly<
    Record<'get' | 'put' | 'delete' | 'first' | 'next' | 'expire', StatementSync>
  >

  constructor(database: DatabaseSync) {
    const alive = '(expires_ms IS NULL OR expires_ms > ?)'
    this.#statements = {
      get: database.prepare(`SELECT value FROM entry WHERE key = ? AND ${alive}`),
      put: database.prepare(
        `INSERT INTO entry(key, value, expires_ms) VALUES (?, ?, ?)
         ON CONFLICT(key) DO UPDATE SET value = excluded.value, expires_ms = excluded.expires_ms`,
      ),
      delete: database.prepare('DELETE FROM entry WHERE key = ?'),
      first: database.prepare(
        `SELECT key, value, expires_ms FROM entry WHERE key >= ? AND ${alive} ORDER BY key`,
      ),
      next: database.prepare(
        `SELECT key, value, expires_ms FROM entry WHERE key > ? AND ${alive} ORDER BY key`,
      ),
      expire: database.prepare(
        'DELETE FROM entry WHERE key IN (SELECT key FROM entry WHERE expires_ms <= ? LIMIT ?)',
      ),
    }
  }

  get(key: string, nowMs: number): Uint8Array | undefined {
    const row = this.#statements.get.get(key, nowMs)
    return row === undefined ? undefined : blob(row, 'value')
  }

  put(entries: readonly IndexEntry[]): void {
    for (const { key, value, expiresMs } of entries) {
      this.#statements.put.run(key, value, expiresMs === undefined ? null : wholeMs(expiresMs))
    }
  }

  delete(keys: readonly string[]): void {
    for (const key of keys) this.#statements.delete.run(key)
  }

  /** The next page of the entries whose key begins with `prefix`, after the key `after` if there is one. */
  entries(prefix: string, after: string | undefined, nowMs: number): readonly IndexEntry[] {
    return page(
      after === undefined ? this.#statements.first : this.#statements.next,
      [after ?? prefix, nowMs],
      (row) => {
        const entry = toEntry(row)
        return entry.key.startsWith(prefix) ? entry : undefined
      },
      ({ key, value }) => 100 + key.length + value.length,
    )
  }

  /** Removes up to `limit` entries that have expired and answers how many there were. */
  expire(nowMs: number, limit: number): number {
    return Number(this.#statements.expire.run(nowMs, limit).changes)
  }
}

function toEntry(row: Row): IndexEntry {
  return {
    key: text(row, 'key'),
    value: blob(row, 'value'),
    ...optional(row, 'expires_ms', 'expiresMs', integer),
  }
}
