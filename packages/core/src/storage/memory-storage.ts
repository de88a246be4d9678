import type { Clock } from '../clock/clock.ts'
import type { Extension } from '../component/extension.ts'
import { RetryableError, ShutdownError, StartError } from '../errors/errors.ts'
import { type Commit, MemoryQueueFile, memoryQueueStore } from './memory-queue-store.ts'
import type {
  AppendedRecord,
  AppendStore,
  IndexEntry,
  KeyedIndex,
  OwnerStorage,
  Storage,
  StorageOwner,
} from './storage.ts'

/** What is wrong with the disk. */
interface Fault {
  readonly error: Error
  /** Whether only what takes room fails. */
  readonly takesOnly: boolean
}

/** What one owner stored. */
interface MemoryFile {
  readonly queue: MemoryQueueFile
  readonly fragments: Map<number, AppendedRecord>
  readonly index: Map<string, IndexEntry>
  /** Kills the user; absent while nobody has the file open. */
  kill?: (() => void) | undefined
}

/**
 * Storage that plays the disk, for tests and for collectors that must leave nothing behind: handed to a new component
 * it still holds what the old one stored. As with the real one, changes are committed a moment after the call,
 * together, in the order of the calls.
 */
export class MemoryStorage implements Storage {
  readonly #clock: Pick<Clock, 'now'>
  readonly #files = new Map<string, MemoryFile>()
  #fault: Fault | undefined
  #gate: PromiseWithResolvers<void> | undefined
  /** Transactions so far, of all files. */
  commits = 0

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock
  }

  /** The queue of an owner, as it lies on the disk. */
  queueOf(owner: StorageOwner): MemoryQueueFile {
    return this.#fileOf(owner).queue
  }

  /** Refuses what takes room from now on, until `mend`. Default: the storage is full. */
  refuse(error: Error = new RetryableError('STORAGE_FULL', 'The storage has no room.')): void {
    this.#fault = { error, takesOnly: true }
  }

  /** Fails every call from now on, until `mend`. */
  fail(error: Error = new RetryableError('STORAGE_FAILED', 'The storage does not work.')): void {
    this.#fault = { error, takesOnly: false }
  }

  mend(): void {
    this.#fault = undefined
  }

  /** Holds every commit back until `release`. */
  block(): void {
    this.#gate ??= Promise.withResolvers<void>()
  }

  release(): void {
    this.#gate?.resolve()
    this.#gate = undefined
  }

  /** Kills all users, as `kill -9` does: what was not committed is gone, and their calls are never answered. */
  crash(): void {
    for (const file of this.#files.values()) {
      file.kill?.()
      file.kill = undefined
    }
  }

  /** An extension that offers this storage. */
  extension(): Extension {
    return { storage: this, start: () => Promise.resolve(), shutdown: () => Promise.resolve() }
  }

  async open(owner: StorageOwner): Promise<OwnerStorage> {
    await Promise.resolve()
    const file = this.#fileOf(owner)
    if (file.kill !== undefined) {
      throw new StartError('STORAGE_IN_USE', `The file of ${owner.kind} ${owner.id} is in use.`)
    }
    const user = new Committer(
      () => this.#gate?.promise,
      () => this.#fault,
      () => void this.commits++,
    )
    file.kill = () => user.kill()
    const commit: Commit = (run, takes) => user.commit(run, takes)
    return {
      queue: memoryQueueStore(file.queue, commit),
      fragments: appendStore(file.fragments, commit),
      index: keyedIndex(file.index, commit, this.#clock),
      fileBytes: () => commit(() => file.queue.stats().pendingBytes),
      async close() {
        await user.close()
        if (!user.killed) file.kill = undefined
      },
    }
  }

  #fileOf({ kind, id, pipeline = '' }: StorageOwner): MemoryFile {
    const key = JSON.stringify([kind, id, pipeline])
    let file = this.#files.get(key)
    if (file === undefined) {
      const queue = new MemoryQueueFile(() => this.#clock.now())
      file = { queue, fragments: new Map(), index: new Map() }
      this.#files.set(key, file)
    }
    return file
  }
}

/** Carries out the calls of one user: those of a moment together, in order. */
class Committer {
  readonly #gate: () => Promise<void> | undefined
  readonly #fault: () => Fault | undefined
  readonly #committed: () => void
  #waiting: (() => void)[] = []
  #running: Promise<void> | undefined
  #closed = false
  killed = false

  constructor(gate: () => Promise<void> | undefined, fault: () => Fault | undefined, committed: () => void) {
    this.#gate = gate
    this.#fault = fault
    this.#committed = committed
  }

  commit<Result>(run: () => Result, takes = false): Promise<Result> {
    if (this.#closed) return Promise.reject(new ShutdownError('The storage is closed.'))
    const { promise, resolve, reject } = Promise.withResolvers<Result>()
    this.#waiting.push(() => {
      const fault = this.#fault()
      if (fault === undefined || (fault.takesOnly && !takes)) resolve(run())
      else reject(fault.error)
    })
    this.#running ??= this.#run()
    return promise
  }

  kill(): void {
    this.killed = true
    this.#waiting = []
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#running
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      await new Promise<void>((resolve) => setImmediate(resolve))
      await this.#gate()
      if (this.killed) return
      this.#committed()
      for (const call of this.#waiting.splice(0)) call()
    }
    this.#running = undefined
  }
}

function appendStore(records: Map<number, AppendedRecord>, commit: Commit): AppendStore {
  const inOrder = (): readonly AppendedRecord[] =>
    [...records.values()].toSorted((a, b) => a.sequence - b.sequence)
  return {
    write: ({ append = [], remove = [] }) =>
      commit(() => {
        for (const { key, sequence, bytes } of append) {
          records.set(sequence, { key, sequence, bytes: Uint8Array.from(bytes) })
        }
        for (const sequence of remove) records.delete(sequence)
      }, append.length > 0),
    read: (sequences) => commit(() => inOrder().filter(({ sequence }) => sequences.includes(sequence))),
    async *scan(after = -Infinity) {
      const found = await commit(() => inOrder().filter(({ sequence }) => sequence > after))
      if (found.length > 0) yield found
    },
  }
}

function keyedIndex(
  entries: Map<string, IndexEntry>,
  commit: Commit,
  { now }: Pick<Clock, 'now'>,
): KeyedIndex {
  const alive = ({ expiresMs = Infinity }: IndexEntry): boolean => expiresMs > now()
  return {
    get: (key) =>
      commit(() => {
        const entry = entries.get(key)
        return entry !== undefined && alive(entry) ? entry.value : undefined
      }),
    put: (added) =>
      commit(() => {
        for (const entry of added) entries.set(entry.key, { ...entry, value: Uint8Array.from(entry.value) })
      }, true),
    delete: (keys) =>
      commit(() => {
        for (const key of keys) entries.delete(key)
      }),
    async *entries(prefix) {
      const found = await commit(() =>
        [...entries.values()]
          .filter((entry) => entry.key.startsWith(prefix) && alive(entry))
          .toSorted((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key))),
      )
      if (found.length > 0) yield found
    },
  }
}
