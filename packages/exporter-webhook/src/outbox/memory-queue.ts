import type { NewRecord, QueueRecord, QueueStore } from '@spanloom/core'

/** What the exporter needs of a queue, on disk or in memory. */
export type OutboxStore = Pick<
  QueueStore,
  'append' | 'pending' | 'due' | 'nextDueMs' | 'body' | 'done' | 'retry' | 'dead'
>

interface Waiting {
  readonly record: QueueRecord
  readonly body: Uint8Array
}

/** An outbox without storage: it is empty after a restart, and keeps nothing that was given up. */
export class MemoryQueue implements OutboxStore {
  readonly #waiting = new Map<number, Waiting>()
  readonly #ids = new Map<string, number>()
  /** Ids of each destination in order of due time. */
  readonly #order = new Map<number, number[]>()
  readonly #now: () => number
  #lastId = 0

  constructor(now: () => number) {
    this.#now = now
  }

  async append(records: readonly NewRecord[]): Promise<readonly number[]> {
    return records.map((record) => this.#add(record))
  }

  async pending(after: number, limit: number): Promise<readonly QueueRecord[]> {
    const found: QueueRecord[] = []
    for (const [id, { record }] of this.#waiting) {
      if (id > after) found.push(record)
      if (found.length === limit) break
    }
    return found
  }

  async due(destination: number, nowMs: number, limit: number): Promise<readonly QueueRecord[]> {
    const found: QueueRecord[] = []
    for (const id of this.#order.get(destination) ?? []) {
      const record = this.#waiting.get(id)?.record
      if (record === undefined || record.dueMs > nowMs || found.length === limit) break
      found.push(record)
    }
    return found
  }

  async nextDueMs(destination: number): Promise<number | undefined> {
    const [first] = this.#order.get(destination) ?? []
    return first === undefined ? undefined : this.#waiting.get(first)?.record.dueMs
  }

  async body(id: number): Promise<Uint8Array | undefined> {
    return this.#waiting.get(id)?.body
  }

  async done(ids: readonly number[]): Promise<void> {
    for (const id of ids) this.#remove(id)
  }

  async retry(id: number, dueMs: number, status?: number, error?: string): Promise<void> {
    const waiting = this.#waiting.get(id)
    if (waiting === undefined) return
    this.#unorder(waiting.record)
    const record = {
      ...waiting.record,
      attempts: waiting.record.attempts + 1,
      dueMs,
      ...(status === undefined ? {} : { lastStatus: status }),
      ...(error === undefined ? {} : { lastError: error }),
    }
    this.#waiting.set(id, { ...waiting, record })
    this.#enorder(record)
  }

  async dead(id: number): Promise<void> {
    this.#remove(id)
  }

  #add({ uid, destination, body, items, attributes, dueMs }: NewRecord): number {
    const known = uid === undefined ? undefined : this.#ids.get(uid)
    if (known !== undefined) return known
    const id = ++this.#lastId
    const createdMs = this.#now()
    const record: QueueRecord = {
      id,
      ...(uid === undefined ? {} : { uid }),
      destination,
      items,
      bytes: body.length,
      attempts: 0,
      createdMs,
      dueMs: dueMs ?? createdMs,
      ...(attributes === undefined ? {} : { attributes }),
    }
    if (uid !== undefined) this.#ids.set(uid, id)
    this.#waiting.set(id, { record, body })
    this.#enorder(record)
    return id
  }

  #remove(id: number): void {
    const waiting = this.#waiting.get(id)
    if (waiting === undefined) return
    this.#waiting.delete(id)
    this.#unorder(waiting.record)
    if (waiting.record.uid !== undefined) this.#ids.delete(waiting.record.uid)
  }

  #enorder(record: QueueRecord): void {
    let order = this.#order.get(record.destination)
    if (order === undefined) this.#order.set(record.destination, (order = []))
    order.splice(this.#place(order, record), 0, record.id)
  }

  #unorder(record: QueueRecord): void {
    const order = this.#order.get(record.destination) ?? []
    const at = order.indexOf(record.id)
    if (at >= 0) order.splice(at, 1)
  }

  /** Where a record belongs: behind all that are due no later. */
  #place(order: readonly number[], { dueMs, id }: QueueRecord): number {
    let low = 0
    let high = order.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const other = this.#waiting.get(order[middle] ?? 0)?.record
      if (other !== undefined && (other.dueMs < dueMs || (other.dueMs === dueMs && other.id < id)))
        low = middle + 1
      else high = middle
    }
    return low
  }
}
