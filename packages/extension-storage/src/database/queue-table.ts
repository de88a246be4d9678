import type { DatabaseSync, StatementSync } from 'node:sqlite'

import type { NewRecord, QueueRecord, QueueStats } from '@spanloom/core'

import { faultOf } from './fault.ts'
import { blob, integer, optional, page, type Row, text, wholeMs } from './row.ts'

/** `NewRecord` whose body is one of a list, so that a shared body crosses threads once. */
export interface NewRow extends Omit<NewRecord, 'body'> {
  /** Index in the list of bodies. */
  readonly body: number
}

/** Metadata and bodies lie apart: an update of a row would rewrite its body (`orchest.md` section 6). */
export const queueSchema = `
  CREATE TABLE body(id INTEGER PRIMARY KEY AUTOINCREMENT, bytes BLOB NOT NULL) STRICT;
  CREATE TABLE delivery(
    id INTEGER PRIMARY KEY AUTOINCREMENT, uid TEXT UNIQUE,
    body_id INTEGER NOT NULL, dest INTEGER NOT NULL,
    state INTEGER NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0, created_ms INTEGER NOT NULL, next_ms INTEGER NOT NULL,
    items INTEGER NOT NULL, bytes INTEGER NOT NULL, last_status INTEGER, last_error TEXT,
    attributes BLOB) STRICT;
  CREATE INDEX delivery_due ON delivery(dest, next_ms, id) WHERE state = 0;
  CREATE INDEX delivery_dead ON delivery(id) WHERE state = 1;
  CREATE INDEX delivery_body ON delivery(body_id);
`

const pendingState = 0
const deadState = 1

/** What is told of the last error at most. */
const maxErrorLength = 1_000

/** Sums that would be slow to ask the database for. */
export type QueueCounters = Readonly<Record<'pending' | 'items' | 'bytes' | 'dead', number>>

/** The queue of an owner; see `QueueStore`. Methods that change something belong into a transaction. */
export class QueueTable {
  readonly #statements: ReturnType<typeof prepare>
  #counters: QueueCounters

  constructor(database: DatabaseSync) {
    this.#statements = prepare(database)
    this.#counters = this.#count()
  }

  /** To be put back when a transaction is rolled back. */
  get counters(): QueueCounters {
    return this.#counters
  }

  set counters(counters: QueueCounters) {
    this.#counters = counters
  }

  append(records: readonly NewRow[], bodies: readonly Uint8Array[], nowMs: number): readonly number[] {
    const bodyIds = new Map<number, number>()
    return records.map((record) => {
      const known = record.uid === undefined ? undefined : this.#statements.byUid.get(record.uid)
      if (known !== undefined) return integer(known, 'id')
      const body = bodies[record.body]
      if (body === undefined) throw new TypeError('A record has no body.')
      let bodyId = bodyIds.get(record.body)
      if (bodyId === undefined) {
        bodyId = Number(this.#statements.insertBody.run(body).lastInsertRowid)
        bodyIds.set(record.body, bodyId)
      }
      const { lastInsertRowid } = this.#statements.insert.run(
        record.uid ?? null,
        bodyId,
        record.destination,
        wholeMs(nowMs),
        wholeMs(record.dueMs ?? nowMs),
        record.items,
        body.length,
        record.attributes ?? null,
      )
      this.#add('pending', 1, record.items, body.length)
      return Number(lastInsertRowid)
    })
  }

  pending(after: number, limit: number): readonly QueueRecord[] {
    return page(this.#statements.pending, [after, limit], toRecord, sizeOf)
  }

  due(destination: number, nowMs: number, limit: number): readonly QueueRecord[] {
    return page(this.#statements.due, [destination, nowMs, limit], toRecord, sizeOf)
  }

  nextDueMs(destination: number): number | undefined {
    const row = this.#statements.nextDue.get(destination)
    return row === undefined ? undefined : integer(row, 'next_ms')
  }

  body(id: number): Uint8Array | undefined {
    const row = this.#statements.body.get(id)
    return row === undefined ? undefined : blob(row, 'bytes')
  }

  done(ids: readonly number[]): void {
    for (const id of ids) {
      const row = this.#statements.remove.get(id)
      if (row === undefined) continue
      if (integer(row, 'state') === pendingState) {
        this.#add('pending', -1, -integer(row, 'items'), -integer(row, 'bytes'))
      } else {
        this.#add('dead', -1)
      }
      const bodyId = integer(row, 'body_id')
      this.#removeBody(bodyId)
    }
  }

  retry(id: number, dueMs: number, status: number | undefined, error: string | undefined): void {
    this.#statements.retry.run(wholeMs(dueMs), status ?? null, error?.slice(0, maxErrorLength) ?? null, id)
  }

  dead(id: number, reason: string): void {
    const row = this.#statements.dead.get(reason.slice(0, maxErrorLength), id)
    if (row === undefined) return
    this.#add('pending', -1, -integer(row, 'items'), -integer(row, 'bytes'))
    this.#add('dead', 1)
  }

  deadLetters(after: number, limit: number): readonly QueueRecord[] {
    return page(this.#statements.deadLetters, [after, limit], toRecord, sizeOf)
  }

  revive(ids: readonly number[], dueMs: number): readonly number[] {
    return ids.filter((id) => {
      const row = this.#statements.revive.get(wholeMs(dueMs), id)
      if (row === undefined) return false
      this.#add('dead', -1)
      this.#add('pending', 1, integer(row, 'items'), integer(row, 'bytes'))
      return true
    })
  }

  stats(): QueueStats {
    const { pending, items, bytes, dead } = this.#counters
    const oldest = this.#statements.oldest.get()
    return {
      pending,
      pendingItems: items,
      pendingBytes: bytes,
      dead,
      oldestMs: oldest === undefined ? undefined : integer(oldest, 'created_ms'),
    }
  }

  /** A body that is damaged stays where it is; its room is a small price for getting rid of the record (EXP-43). */
  #removeBody(id: number): void {
    try {
      this.#statements.removeBody.run(id, id)
    } catch (error) {
      if (faultOf(error).kind !== 'damaged') throw error
    }
  }

  /** How many bodies the file holds, shared ones once. */
  bodyCount(): number {
    return integer(this.#statements.bodyCount.get() ?? {}, 'n')
  }

  #count(): QueueCounters {
    const counters = { pending: 0, items: 0, bytes: 0, dead: 0 }
    for (const row of this.#statements.count.all()) {
      if (integer(row, 'state') === deadState) {
        counters.dead = integer(row, 'records')
      } else {
        counters.pending = integer(row, 'records')
        counters.items = integer(row, 'items')
        counters.bytes = integer(row, 'bytes')
      }
    }
    return counters
  }

  #add(state: 'pending' | 'dead', records: number, items = 0, bytes = 0): void {
    const now = this.#counters
    this.#counters = {
      ...now,
      [state]: now[state] + records,
      items: now.items + items,
      bytes: now.bytes + bytes,
    }
  }
}

const columns =
  'id, uid, dest, items, bytes, attempts, created_ms, next_ms, last_status, last_error, attributes'

// The planner would sort the whole backlog by id rather than walk the table in its own order.
const inOrder = `SELECT ${columns} FROM delivery NOT INDEXED WHERE state = 0 AND id > ? ORDER BY id LIMIT ?`

function prepare(
  database: DatabaseSync,
): Readonly<
  Record<
    | 'insertBody'
    | 'insert'
    | 'byUid'
    | 'pending'
    | 'due'
    | 'nextDue'
    | 'body'
    | 'remove'
    | 'removeBody'
    | 'retry'
    | 'dead'
    | 'deadLetters'
    | 'revive'
    | 'oldest'
    | 'bodyCount'
    | 'count',
    StatementSync
  >
> {
  return {
    insertBody: database.prepare('INSERT INTO body(bytes) VALUES (?)'),
    insert: database.prepare(
      `INSERT INTO delivery(uid, body_id, dest, created_ms, next_ms, items, bytes, attributes)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    byUid: database.prepare('SELECT id FROM delivery WHERE uid = ?'),
    pending: database.prepare(inOrder),
    due: database.prepare(
      `SELECT ${columns} FROM delivery
       WHERE state = 0 AND dest = ? AND next_ms <= ? ORDER BY next_ms, id LIMIT ?`,
    ),
    nextDue: database.prepare(
      'SELECT next_ms FROM delivery WHERE state = 0 AND dest = ? ORDER BY next_ms LIMIT 1',
    ),
    body: database.prepare('SELECT bytes FROM body WHERE id = (SELECT body_id FROM delivery WHERE id = ?)'),
    remove: database.prepare('DELETE FROM delivery WHERE id = ? RETURNING body_id, state, items, bytes'),
    removeBody: database.prepare(
      'DELETE FROM body WHERE id = ? AND NOT EXISTS (SELECT 1 FROM delivery WHERE body_id = ?)',
    ),
    retry: database.prepare(
      `UPDATE delivery SET attempts = attempts + 1, next_ms = ?, last_status = ?, last_error = ?
       WHERE id = ? AND state = 0`,
    ),
    dead: database.prepare(
      'UPDATE delivery SET state = 1, last_error = ? WHERE id = ? AND state = 0 RETURNING items, bytes',
    ),
    deadLetters: database.prepare(
      `SELECT ${columns} FROM delivery WHERE state = 1 AND id > ? ORDER BY id LIMIT ?`,
    ),
    revive: database.prepare(
      'UPDATE delivery SET state = 0, attempts = 0, next_ms = ? WHERE id = ? AND state = 1 RETURNING items, bytes',
    ),
    oldest: database.prepare(
      'SELECT created_ms FROM delivery NOT INDEXED WHERE state = 0 ORDER BY id LIMIT 1',
    ),
    bodyCount: database.prepare('SELECT count(*) AS n FROM body'),
    count: database.prepare(
      `SELECT state, count(*) AS records, sum(items) AS items, sum(bytes) AS bytes
       FROM delivery GROUP BY state`,
    ),
  }
}

function toRecord(row: Row): QueueRecord {
  return {
    id: integer(row, 'id'),
    ...optional(row, 'uid', 'uid', text),
    destination: integer(row, 'dest'),
    items: integer(row, 'items'),
    bytes: integer(row, 'bytes'),
    attempts: integer(row, 'attempts'),
    createdMs: integer(row, 'created_ms'),
    dueMs: integer(row, 'next_ms'),
    ...optional(row, 'last_status', 'lastStatus', integer),
    ...optional(row, 'last_error', 'lastError', text),
    ...optional(row, 'attributes', 'attributes', blob),
  }
}

/** What a record takes in memory, roughly. */
function sizeOf({ attributes, lastError }: QueueRecord): number {
  return 200 + (attributes?.length ?? 0) + (lastError?.length ?? 0)
}
