import type { Resource, Scope } from '@spanloom/core/traces'

/** An answer that a store in memory gives at once and another one later. */
export type MaybePromise<T> = T | Promise<T>

/** One fragment as it is kept: its bytes, where they come from, and when it came. */
export interface StoredFragment {
  /** Holds the `Span` message between `from` and `to`. Valid until the key is changed. */
  readonly buffer: Buffer
  readonly from: number
  readonly to: number
  readonly resource: Resource
  readonly scope: Scope
  /** Number of arrival, unique and rising in one assembler. */
  readonly arrival: number
  /** Processing time of arrival in ms. */
  readonly arrivedMs: number
  /** Wall time of arrival in unix ns where the fragment has no time of its own, else 0n. */
  readonly wallNs: bigint
  /** Number of the closing end that this is, or is a copy of; 0 for any other fragment. */
  readonly closing: number
}

/** Everything kept about one key. */
export interface KeyRecords {
  /** In order of arrival. */
  readonly fragments: readonly StoredFragment[]
  /** What was to be remembered of its earlier runs. */
  readonly memory: Buffer | undefined
  /** Fragments whose bytes are gone for good, because the store was damaged; they have no bytes here. */
  readonly lost?: readonly StoredFragment[]
}

/** What is known about a key besides its fragments and runs. Times are processing times in ms. */
export interface KeyFacts {
  /** Name of its profile; '' as long as none was named. */
  readonly profile: string
  readonly lastArrivalMs: number
  readonly lastLeaveMs: number
  /** Canonical names under which it is found, see `KeyState`. */
  readonly aliases: Iterable<string>
  readonly groups: Iterable<string>
  readonly ids: Iterable<string>
}

/** A closing end that is to be kept as long as it may end something. */
export interface KeptClosing {
  readonly number: number
  /** Canonical key: its own, and the group whose keys it ends. */
  readonly key: string
  readonly fingerprint: string
  /** Until then, in processing time, it ends what turns up. */
  readonly expiresMs: number
  readonly fragment: StoredFragment
  /** Whether a span that it ended was emitted. */
  readonly merged: boolean
}

/** Keeps closing ends apart from the keys that they are in, which may let go of them earlier. */
export interface ClosingKeeper {
  /** Keeps a closing end, or its new state. */
  keep(closing: KeptClosing): void
  drop(closing: KeptClosing): void
}

/**
 * Keeps the fragments of open keys. `slot` is a small number that stands for the key as long as it is kept and is
 * used again afterwards; `key` is its name.
 *
 * A store may answer at once or later. One that answers later is asked for one thing after the other, except that
 * the fragments of one batch are appended side by side.
 */
export interface FragmentStore {
  /**
   * Adds a fragment, copying its bytes. Answers false, and adds nothing, when the key has taken this fingerprint
   * (16 characters of one byte each) before, even if the fragment has left again.
   */
  append(slot: number, key: string, fragment: StoredFragment, fingerprint: string): MaybePromise<boolean>
  /** As `append`, for a copy of a closing end: nobody was promised that it is kept, it can be made again. */
  share(slot: number, key: string, fragment: StoredFragment, fingerprint: string): MaybePromise<boolean>
  read(slot: number, key: string): MaybePromise<KeyRecords>
  /** Reads many keys at once; absent where `read` answers at once. */
  readMany?(slots: readonly number[]): Promise<readonly KeyRecords[]>
  /**
   * Removes the fragments with these numbers of arrival, keeps their fingerprints, and sets the memory, whose bytes
   * are used again afterwards.
   */
  release(
    slot: number,
    key: string,
    gone: ReadonlySet<number>,
    memory: Buffer | undefined,
  ): MaybePromise<void>
  /** Forgets the key and all its fingerprints. */
  delete(slot: number, key: string): MaybePromise<void>
  /** Memory that it occupies, in bytes. */
  readonly size: number
  /** Absent where nothing survives the process. */
  readonly closings?: ClosingKeeper
}
