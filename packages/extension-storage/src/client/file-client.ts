import {
  type AppendedRecord,
  type AppendStore,
  type Clock,
  type IndexEntry,
  type KeyedIndex,
  type OwnerStorage,
  type QueueStore,
  RetryableError,
  ShutdownError,
} from '@spanloom/core'

import type { ArgumentsOf, Call, Operation, ResultOf } from '../database/operations.ts'
import { type CopyBytes, type ThreadClient, ThreadFault } from './thread-client.ts'

/** What a call brings along, to be gathered into transactions and bounded in memory. */
interface Size {
  readonly rows?: number
  readonly bytes?: number
  /** It fills the disk, so it may be refused. */
  readonly takes?: boolean
}

/** What somebody else wants to know about a file. */
export interface FileHooks {
  /** A call was refused because there is no room. */
  refused(): void
  /** The file is closed. */
  closed(): void
}

/** An open file as its owner sees it. */
export class FileClient implements OwnerStorage {
  readonly #thread: ThreadClient
  readonly #file: number
  readonly #clock: Clock
  readonly #hooks: FileHooks
  #closed: Promise<void> | undefined

  /** `file` is open in the thread. */
  constructor(thread: ThreadClient, file: number, clock: Clock, hooks: FileHooks) {
    this.#thread = thread
    this.#file = file
    this.#clock = clock
    this.#hooks = hooks
  }

  get isClosing(): boolean {
    return this.#closed !== undefined
  }

  readonly queue: QueueStore = {
    append: (records) => {
      if (records.length === 0) return Promise.resolve([])
      const bodies = [...new Set(records.map(({ body }) => body))]
      const at = new Map(bodies.map((body, index) => [body, index]))
      const bytes = sum(bodies) + sum(records.map(({ attributes }) => attributes))
      return this.#call('append', { rows: records.length, bytes, takes: true }, (copy) => ({
        bodies: bodies.map((body) => copy(body)),
        records: records.map(({ body, attributes, ...rest }) => ({
          ...rest,
          body: at.get(body) ?? -1,
          ...(attributes === undefined ? {} : { attributes: copy(attributes) }),
        })),
      }))
    },
    pending: (after, limit) => this.#call('pending', {}, () => ({ after, limit })),
    due: (destination, nowMs, limit) => this.#call('due', {}, () => ({ destination, nowMs, limit })),
    nextDueMs: (destination) => this.#call('nextDueMs', {}, () => ({ destination })),
    body: (id) => this.#call('body', {}, () => ({ id })),
    done: (ids) =>
      ids.length === 0 ? Promise.resolve() : this.#call('done', { rows: ids.length }, () => ({ ids })),
    retry: (id, dueMs, status, error) =>
      this.#call('retry', { rows: 1 }, () => ({ id, dueMs, status, error })),
    dead: (id, reason) => this.#call('dead', { rows: 1 }, () => ({ id, reason })),
    deadLetters: (after, limit) => this.#call('deadLetters', {}, () => ({ after, limit })),
    revive: (ids, dueMs) =>
      ids.length === 0
        ? Promise.resolve([])
        : this.#call('revive', { rows: ids.length }, () => ({ ids, dueMs })),
    stats: () => this.#call('stats', {}, () => undefined),
  }

  readonly fragments: AppendStore = {
    write: ({ append = [], remove = [] }) => {
      const rows = append.length + remove.length
      if (rows === 0) return Promise.resolve()
      const bytes = sum(append.map((record) => record.bytes))
      return this.#call('write', { rows, bytes, takes: append.length > 0 }, (copy) => ({
        append: append.map(({ key, sequence, bytes }) => ({ key, sequence, bytes: copy(bytes) })),
        remove,
      }))
    },
    read: (sequences) =>
      sequences.length === 0 ? Promise.resolve([]) : this.#call('read', {}, () => ({ sequences })),
    scan: (after = Number.MIN_SAFE_INTEGER) => this.#scan(after),
  }

  readonly index: KeyedIndex = {
    get: (key) => this.#call('get', {}, () => ({ key })),
    put: (entries) => {
      if (entries.length === 0) return Promise.resolve()
      const bytes = sum(entries.map(({ value }) => value))
      return this.#call('put', { rows: entries.length, bytes, takes: true }, (copy) => ({
        entries: entries.map(({ value, ...rest }) => ({ ...rest, value: copy(value) })),
      }))
    },
    delete: (keys) =>
      keys.length === 0 ? Promise.resolve() : this.#call('delete', { rows: keys.length }, () => ({ keys })),
    entries: (prefix) => this.#entries(prefix),
  }

  fileBytes(): Promise<number> {
    return this.#call('fileBytes', {}, () => undefined)
  }

  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async *#scan(start: number): AsyncIterable<readonly AppendedRecord[]> {
    for (let after = start; ;) {
      const records = await this.#call('scan', {}, () => ({ after }))
      const last = records.at(-1)
      if (last === undefined) return
      yield records
      after = last.sequence
    }
  }

  async *#entries(prefix: string): AsyncIterable<readonly IndexEntry[]> {
    for (let after: string | undefined; ;) {
      const entries = await this.#call('entries', {}, () => ({ prefix, after }))
      const last = entries.at(-1)
      if (last === undefined) return
      yield entries
      after = last.key
    }
  }

  async #close(): Promise<void> {
    try {
      const file = this.#file
      await this.#thread.request({ bytes: 0, takes: false, build: () => ({ kind: 'close', file }) })
    } catch (error) {
      // The end of the thread closed the file, too.
      if (!this.#thread.isDead) throw error
    } finally {
      this.#thread.removeFile(this.#file)
      this.#hooks.closed()
    }
  }

  async #call<O extends Operation>(
    operation: O,
    { rows = 0, bytes = 0, takes = false }: Size,
    build: (copy: CopyBytes) => ArgumentsOf<O>,
  ): Promise<ResultOf<O>> {
    if (this.#closed !== undefined) throw new ShutdownError('The storage is closed.')
    const [file, nowMs] = [this.#file, this.#clock.now()]
    try {
      const result = await this.#thread.request({
        bytes,
        takes,
        // Name and arguments go together by the type of `build`, which a generic union cannot say.
        build: (copy) => ({
          kind: 'call',
          file,
          nowMs,
          call: { operation, arguments: build(copy), rows, bytes } as Call,
        }),
      })
      // The thread answers each operation with its own result.
      return result as ResultOf<O>
    } catch (error) {
      const refusal = error instanceof ThreadFault ? toRetryable(error) : error
      if (refusal instanceof RetryableError && refusal.code !== 'STORAGE_FAILED') this.#hooks.refused()
      throw refusal
    }
  }
}

/** The sender learns no more than that; the cause is for the operator. */
function toRetryable(error: ThreadFault): RetryableError {
  return error.fault.kind === 'full'
    ? new RetryableError('STORAGE_FULL', 'The storage has no room.', { cause: error })
    : new RetryableError('STORAGE_FAILED', 'The storage does not work.', { cause: error })
}

function sum(values: readonly (Uint8Array | undefined)[]): number {
  return values.reduce((total, value) => total + (value?.length ?? 0), 0)
}
