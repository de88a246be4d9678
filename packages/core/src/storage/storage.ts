import type { ComponentKind } from '../component/component.ts'

/** Whose data a file holds; its name is made of these (`collector-conventions.md` section 11). */
export interface StorageOwner {
  readonly kind: ComponentKind
  /** Type and name of the component. */
  readonly id: string
  /** Pipeline of a processor, which has an instance in each. */
  readonly pipeline?: string
}

/**
 * What a storage extension offers. Each owner has one file, opened once; all disk work happens away from the event
 * loop. Promises of changes resolve after COMMIT: what was promised survives the death of the process.
 */
export interface Storage {
  /** @throws StartError when another process uses the file. A damaged file is moved aside and begun anew (OUT-10). */
  open(owner: StorageOwner): Promise<OwnerStorage>
}

/** The file of one owner, with three faces. */
export interface OwnerStorage {
  readonly queue: QueueStore
  readonly fragments: AppendStore
  readonly index: KeyedIndex
  /** Size of the file on disk in bytes. */
  fileBytes(): Promise<number>
  /** Commits what waits, marks the file clean and closes it. Safe to call twice. */
  close(): Promise<void>
}

/** A request to keep until it is delivered. */
export interface NewRecord {
  /** Stable id of the delivery, unique in the file. */
  readonly uid: string
  /** Small number that stands for the destination; requests of one destination keep their order. */
  readonly destination: number
  /** Final wire bytes; several records with the same `body` object share one copy. */
  readonly body: Uint8Array
  /** Spans, or events, in it. */
  readonly items: number
  /** What must be known to send it, such as headers; small. */
  readonly attributes?: Uint8Array
  /** When it may be sent first, in milliseconds since 1970. */
  readonly dueMs: number
}

/** A request as it is kept. */
export interface QueueRecord {
  readonly id: number
  readonly uid: string
  readonly destination: number
  readonly items: number
  /** Size of the body. */
  readonly bytes: number
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
  readonly pendingBytes: number
  readonly dead: number
  readonly oldestMs: number | undefined
}

/** An ordered queue with retry state and dead letters. What is in flight is the caller's business (OUT-04). */
export interface QueueStore {
  /** @throws RetryableError `STORAGE_FULL` when the disk or the size limit leaves no room (OUT-06). Nothing is kept then. */
  append(records: readonly NewRecord[]): Promise<readonly number[]>
  /** Pending records in order of id with an id above `after`, without their bodies; at most `limit`. */
  pending(after: number, limit: number): Promise<readonly QueueRecord[]>
  /** The body, or `undefined` when the record is gone or unreadable. */
  body(id: number): Promise<Uint8Array | undefined>
  /** The records were delivered: they go, and bodies with their last record. */
  done(ids: readonly number[]): Promise<void>
  /** An attempt failed; the record is due again at `dueMs`. */
  retry(id: number, dueMs: number, status?: number, error?: string): Promise<void>
  /** The record is given up and kept as a dead letter. */
  dead(id: number, reason: string): Promise<void>
  /** Dead letters, newest last. */
  deadLetters(after: number, limit: number): Promise<readonly QueueRecord[]>
  /** Dead letters that are to be sent again; answers those that exist. */
  revive(ids: readonly number[], dueMs: number): Promise<readonly number[]>
  stats(): Promise<QueueStats>
}

/** One thing that was appended to a key. */
export interface AppendedRecord {
  readonly key: string
  /** Rising in the order of `write`. */
  readonly sequence: number
  readonly bytes: Uint8Array
}

/** Changes that become durable together. */
export interface AppendChanges {
  readonly append?: readonly { readonly key: string; readonly sequence: number; readonly bytes: Uint8Array }[]
  /** Records to remove, by key and sequence. */
  readonly remove?: readonly { readonly key: string; readonly sequences: readonly number[] }[]
  /** Keys to forget with all their records and their note. */
  readonly forget?: readonly string[]
  /** Sets the small note of a key; it stays until the key is forgotten. */
  readonly note?: readonly { readonly key: string; readonly bytes: Uint8Array }[]
}

/** Bytes appended to keys: the open spans. */
export interface AppendStore {
  /** Applies all changes in one transaction, in the order append, remove, note, forget. @throws RetryableError `STORAGE_FULL`. */
  write(changes: AppendChanges): Promise<void>
  /** Records of a key in order of sequence, and its note. */
  read(
    key: string,
  ): Promise<{ readonly records: readonly AppendedRecord[]; readonly note: Uint8Array | undefined }>
  /** All keys with their records and notes, a page at a time, in order of their first record's sequence. */
  scan(): AsyncIterable<
    readonly {
      readonly key: string
      readonly records: readonly AppendedRecord[]
      readonly note: Uint8Array | undefined
    }[]
  >
}

/** A small map on disk whose entries can expire: checkpoints, duplicates, remembered things. */
export interface KeyedIndex {
  get(key: string): Promise<Uint8Array | undefined>
  /** `expiresMs` in milliseconds since 1970; absent = never. */
  put(
    entries: readonly { readonly key: string; readonly value: Uint8Array; readonly expiresMs?: number }[],
  ): Promise<void>
  delete(keys: readonly string[]): Promise<void>
  entries(prefix: string): AsyncIterable<readonly { readonly key: string; readonly value: Uint8Array }[]>
}
