import type { ComponentKind } from '../component/component.ts'

/** Whose data a file holds; its name is made of these (`collector-conventions.md` section 11). */
export interface StorageOwner {
  readonly kind: ComponentKind
  /** Type and name of the component. */
  readonly id: string
  /** Pipeline of a processor, which has an instance in each. */
  readonly pipeline?: string
  /** Whether what was promised must survive a power failure, too. Default: what the storage is set to. */
  readonly fsync?: boolean
}

/**
 * What a storage extension offers. Each owner has one file, opened once; all disk work happens away from the event
 * loop. Promises of changes resolve after COMMIT: what was promised survives the death of the process (OUT-03).
 *
 * Calls of one owner take effect in the order in which they were made, without waiting for each other's promises.
 */
export interface Storage {
  /**
   * A damaged file is moved aside and begun anew (OUT-10).
   *
   * @throws StartError when another process, or another owner, uses the file, or when it cannot be written.
   */
  open(owner: StorageOwner): Promise<OwnerStorage>
}

/**
 * The file of one owner, with three faces. What takes room rejects with a `RetryableError`: `STORAGE_FULL` when the
 * disk or a limit leaves none (OUT-06), `STORAGE_BUSY` when more waits for the disk than memory should hold. Any call
 * rejects with `STORAGE_FAILED` when the disk or the file is broken, and with a `ShutdownError` after `close`.
 */
export interface OwnerStorage {
  readonly queue: QueueStore
  readonly fragments: AppendStore
  readonly index: KeyedIndex
  /** Size of the file on disk in bytes, with its log. */
  fileBytes(): Promise<number>
  /** Commits what waits, marks the file clean and closes it. Safe to call twice. */
  close(): Promise<void>
}

/** A request to keep until it is delivered. */
export interface NewRecord {
  /**
   * Stable id of the delivery, for destinations that recognise duplicates. A record whose uid the file has already
   * is not kept again: `append` answers the id of the first.
   */
  readonly uid?: string
  /** Small number that stands for the destination; requests of one destination keep their order. */
  readonly destination: number
  /** Final wire bytes; several records of one call with the same `body` object share one copy. */
  readonly body: Uint8Array
  /** Spans, or events, in it. */
  readonly items: number
  /** What must be known to send it, such as headers; small. */
  readonly attributes?: Uint8Array
  /** When it may be sent first, in milliseconds since 1970. Default: at once. */
  readonly dueMs?: number
}

/** A request as it is kept. */
export interface QueueRecord {
  /** Rising in the order of `append`; never used twice. */
  readonly id: number
  readonly uid?: string
  readonly destination: number
  readonly items: number
  /** Size of the body. */
  readonly bytes: number
  /** Attempts that failed. */
  readonly attempts: number
  readonly createdMs: number
  readonly dueMs: number
  readonly lastStatus?: number
  readonly lastError?: string
  readonly attributes?: Uint8Array
}

/** What a queue holds. */
export interface QueueStats {
  readonly pending: number
  readonly pendingItems: number
  /** Bodies of pending records; one that several records share counts for each. */
  readonly pendingBytes: number
  readonly dead: number
  /** When the pending record with the lowest id was appended. */
  readonly oldestMs: number | undefined
}

/**
 * An ordered queue with retry state and dead letters. What is in flight is the caller's business (OUT-04): after a
 * restart every pending record is simply there again.
 *
 * Lists may be shorter than `limit` although there is more, so that one answer stays small; an empty list is the end.
 */
export interface QueueStore {
  /** Keeps all records or none and answers their ids. */
  append(records: readonly NewRecord[]): Promise<readonly number[]>
  /** Pending records in order of id with an id above `after`, without their bodies; at most `limit`. */
  pending(after: number, limit: number): Promise<readonly QueueRecord[]>
  /**
   * Pending records of a destination that are due at `nowMs`, those due longest first; at most `limit`. Includes what
   * the caller has in flight, so `limit` must leave room for it.
   */
  due(destination: number, nowMs: number, limit: number): Promise<readonly QueueRecord[]>
  /** When the next pending record of a destination is due. */
  nextDueMs(destination: number): Promise<number | undefined>
  /** The body, or `undefined` when the record is gone or unreadable. */
  body(id: number): Promise<Uint8Array | undefined>
  /**
   * The records were delivered, or are to be dropped: they go, and bodies with their last record. Removing is
   * gathered for up to 50 ms (OUT-05), so nobody should hold up work for this promise.
   */
  done(ids: readonly number[]): Promise<void>
  /** An attempt failed; the record is due again at `dueMs`. */
  retry(id: number, dueMs: number, status?: number, error?: string): Promise<void>
  /** The record is given up and kept as a dead letter. */
  dead(id: number, reason: string): Promise<void>
  /** Dead letters in order of id with an id above `after`; at most `limit`. */
  deadLetters(after: number, limit: number): Promise<readonly QueueRecord[]>
  /** Dead letters that are to be sent again, from their first attempt on; answers those that exist. */
  revive(ids: readonly number[], dueMs: number): Promise<readonly number[]>
  stats(): Promise<QueueStats>
}

/** One thing that was appended to a key. */
export interface AppendedRecord {
  /** Well-formed text. */
  readonly key: string
  /** A safe integer that the caller chooses, unique in the file and rising. */
  readonly sequence: number
  readonly bytes: Uint8Array
}

/** Changes that become durable together. */
export interface AppendChanges {
  /** A sequence that is there already gets the new key and bytes. */
  readonly append?: readonly AppendedRecord[]
  /** Sequences of records to remove; those that are gone are passed over. */
  readonly remove?: readonly number[]
}

/**
 * Bytes appended to keys: the open spans. Records are found by their sequence alone; who appends keeps, for each key,
 * the sequences of its records. An index by key on disk would cost five to ten times the whole rest of an append.
 */
export interface AppendStore {
  /** Applies all changes in one transaction, first `append`, then `remove`. Changes that only remove need no room. */
  write(changes: AppendChanges): Promise<void>
  /** Those of the records that exist, in order of sequence. */
  read(sequences: readonly number[]): Promise<readonly AppendedRecord[]>
  /** All records with a sequence above `after` (default: all), a page at a time, in order of sequence. */
  scan(after?: number): AsyncIterable<readonly AppendedRecord[]>
}

/** An entry of a `KeyedIndex`. */
export interface IndexEntry {
  /** Well-formed text. */
  readonly key: string
  readonly value: Uint8Array
  /** In milliseconds since 1970; absent = never. An entry is gone from that moment on. */
  readonly expiresMs?: number
}

/** A small map on disk whose entries can expire: checkpoints, duplicates, remembered things. */
export interface KeyedIndex {
  get(key: string): Promise<Uint8Array | undefined>
  /** Sets all entries in one transaction. */
  put(entries: readonly IndexEntry[]): Promise<void>
  delete(keys: readonly string[]): Promise<void>
  /** All entries whose key begins with `prefix`, a page at a time, in order of their UTF-8 bytes. */
  entries(prefix: string): AsyncIterable<readonly IndexEntry[]>
}
