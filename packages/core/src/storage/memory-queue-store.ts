import type { NewRecord, QueueRecord, QueueStats, QueueStore } from './storage.ts'

interface StoredRecord extends QueueRecord {
  readonly body: Uint8Array
  readonly dead: boolean
}

/** What a queue of a `MemoryStorage` holds: the part that survives when its user dies. */
export class MemoryQueueFile {
  readonly #records = new Map<number, StoredRecord>()
  readonly #damaged = new Set<number>()
  readonly #now: () => number
  #lastId = 0

  constructor(now: () => number) {
    this.#now = now
  }

  /** Pending records in order of id. */
  get pending(): readonly QueueRecord[] {
    return this.#listed(false)
  }

  /** Dead letters in order of id. */
  get deadLetters(): readonly QueueRecord[] {
    return this.#listed(true)
  }

  /** Makes the body of a record unreadable. */
  damage(id: number): void {
    this.#damaged.add(id)
  }

  append(records: readonly NewRecord[]): readonly number[] {
    return records.map(({ body, uid, attributes, ...record }) => {
      const known = uid !== undefined && [...this.#records.values()].find((other) => other.uid === uid)
      if (known) return known.id
      const id = ++this.#lastId
      const createdMs = this.#now()
      this.#records.set(id, {
        id,
        ...(uid === undefined ? {} : { uid }),
        ...(attributes === undefined ? {} : { attributes: Uint8Array.from(attributes) }),
        destination: record.destination,
        items: record.items,
        bytes: body.length,
        attempts: 0,
        createdMs,
        dueMs: record.dueMs ?? createdMs,
        body: Uint8Array.from(body),
        dead: false,
      })
      return id
    })
  }

  body(id: number): Uint8Array | undefined {
    const record = this.#records.get(id)
    return record === undefined || this.#damaged.has(id) ? undefined : Uint8Array.from(record.body)
  }

  done(ids: readonly number[]): void {
    for (const id of ids) this.#records.delete(id)
  }

  retry(id: number, dueMs: number, status?: number, error?: string): void {
    this.#change(id, false, ({ attempts, lastStatus: _status, lastError: _error, ...record }) => ({
      ...record,
      attempts: attempts + 1,
      dueMs,
      ...(status === undefined ? {} : { lastStatus: status }),
      ...(error === undefined ? {} : { lastError: error }),
    }))
  }

  dead(id: number, reason: string): void {
    this.#change(id, false, (record) => ({ ...record, dead: true, lastError: reason }))
  }

  revive(ids: readonly number[], dueMs: number): readonly number[] {
    return ids.filter((id) =>
      this.#change(id, true, (record) => ({ ...record, dead: false, attempts: 0, dueMs })),
    )
  }

  stats(): QueueStats {
    const { pending } = this
    return {
      pending: pending.length,
      pendingItems: pending.reduce((sum, { items }) => sum + items, 0),
      pendingBytes: pending.reduce((sum, { bytes }) => sum + bytes, 0),
      dead: this.deadLetters.length,
      oldestMs: pending[0]?.createdMs,
    }
  }

  #listed(dead: boolean): readonly QueueRecord[] {
    return [...this.#records.values()]
      .filter((record) => record.dead === dead)
      .map(({ body: _body, dead: _dead, ...record }) => record)
      .toSorted((a, b) => a.id - b.id)
  }

  #change(id: number, dead: boolean, change: (record: StoredRecord) => StoredRecord): boolean {
    const record = this.#records.get(id)
    if (record === undefined || record.dead !== dead) return false
    this.#records.set(id, change(record))
    return true
  }
}

/** Runs a call when its turn comes; `takes` tells whether it needs room. */
export type Commit = <Result>(run: () => Result, takes?: boolean) => Promise<Result>

/** The face of a file for its user, whose calls take effect in turn. */
export function memoryQueueStore(file: MemoryQueueFile, commit: Commit): QueueStore {
  const ofDestination = (destination: number): readonly QueueRecord[] =>
    file.pending
      .filter((record) => record.destination === destination)
      .toSorted((a, b) => a.dueMs - b.dueMs || a.id - b.id)
  return {
    append: (records) => commit(() => file.append(records), true),
    pending: (after, limit) => commit(() => page(file.pending, after, limit)),
    due: (destination, nowMs, limit) =>
      commit(() =>
        ofDestination(destination)
          .filter(({ dueMs }) => dueMs <= nowMs)
          .slice(0, limit),
      ),
    nextDueMs: (destination) => commit(() => ofDestination(destination)[0]?.dueMs),
    body: (id) => commit(() => file.body(id)),
    done: (ids) => commit(() => file.done(ids)),
    retry: (id, dueMs, status, error) => commit(() => file.retry(id, dueMs, status, error)),
    dead: (id, reason) => commit(() => file.dead(id, reason)),
    deadLetters: (after, limit) => commit(() => page(file.deadLetters, after, limit)),
    revive: (ids, dueMs) => commit(() => file.revive(ids, dueMs)),
    stats: () => commit(() => file.stats()),
  }
}

function page(records: readonly QueueRecord[], after: number, limit: number): readonly QueueRecord[] {
  return records.filter(({ id }) => id > after).slice(0, limit)
}
