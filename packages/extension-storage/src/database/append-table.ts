import type { DatabaseSync, StatementSync } from 'node:sqlite'

import type { AppendChanges, AppendedRecord } from '@spanloom/core'

import { faultOf } from './fault.ts'
import { blob, integer, page, type Row, text } from './row.ts'

/** Rising sequences as row ids: every append goes to the end of the table. */
export const appendSchema = `
  CREATE TABLE fragment(sequence INTEGER PRIMARY KEY, key TEXT NOT NULL, bytes BLOB NOT NULL) STRICT;
`

/** The open spans of an owner; see `AppendStore`. `write` belongs into a transaction. */
export class AppendTable {
  readonly #statements: Readonly<Record<'append' | 'remove' | 'read' | 'scan', StatementSync>>

  constructor(database: DatabaseSync) {
    this.#statements = {
      append: database.prepare(
        `INSERT INTO fragment(sequence, key, bytes) VALUES (?, ?, ?)
         ON CONFLICT(sequence) DO UPDATE SET key = excluded.key, bytes = excluded.bytes`,
      ),
      remove: database.prepare('DELETE FROM fragment WHERE sequence = ?'),
      read: database.prepare('SELECT sequence, key, bytes FROM fragment WHERE sequence = ?'),
      scan: database.prepare(
        'SELECT sequence, key, bytes FROM fragment WHERE sequence > ? ORDER BY sequence',
      ),
    }
  }

  write({ append = [], remove = [] }: AppendChanges): void {
    for (const { sequence, key, bytes } of append) this.#statements.append.run(sequence, key, bytes)
    for (const sequence of remove) this.#statements.remove.run(sequence)
  }

  read(sequences: readonly number[]): readonly AppendedRecord[] {
    return this.#read(sequences, (error) => {
      throw error
    })
  }

  /** As `read`, without the records that a damaged file cannot give. @throws what is wrong beside that */
  readUndamaged(sequences: readonly number[]): readonly AppendedRecord[] {
    return this.#read(sequences, (error) => {
      if (faultOf(error).kind !== 'damaged') throw error
      return []
    })
  }

  #read(
    sequences: readonly number[],
    onError: (error: unknown) => readonly AppendedRecord[],
  ): readonly AppendedRecord[] {
    return [...new Set(sequences)]
      .toSorted((a, b) => a - b)
      .flatMap((sequence) => {
        try {
          const row = this.#statements.read.get(sequence)
          return row === undefined ? [] : [toRecord(row)]
        } catch (error) {
          return onError(error)
        }
      })
  }

  /** The next page of all records. */
  scan(after: number): readonly AppendedRecord[] {
    return page(this.#statements.scan, [after], toRecord, ({ key, bytes }) => 100 + key.length + bytes.length)
  }
}

function toRecord(row: Row): AppendedRecord {
  return { key: text(row, 'key'), sequence: integer(row, 'sequence'), bytes: blob(row, 'bytes') }
}
