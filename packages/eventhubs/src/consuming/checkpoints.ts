/** A place in a partition: the last event that is safe. */
export interface Position {
  /** Opaque text; reading goes on behind it. */
  readonly offset: string
  readonly sequenceNumber: number
}

/** Remembers how far each partition was read. */
export interface Checkpoints {
  /** The checkpoint of a partition; rejects when the store cannot be asked. */
  read(partitionId: string): Promise<Position | undefined>
  write(partitionId: string, position: Position): Promise<void>
}

/** Who owns a partition. */
export interface Ownership {
  readonly partitionId: string
  /** Empty: given back. */
  readonly ownerId: string
  readonly lastModifiedMs: number
  readonly etag: string
}

/** Where instances agree on who reads what. */
export interface Ownerships {
  /** All records, and what time it is at the store, whose clock all instances share. */
  list(): Promise<{ readonly records: readonly Ownership[]; readonly nowMs: number }>
  /**
   * Takes, renews or (with an empty owner) gives back a partition if nobody changed its record since it had `etag`;
   * without `etag` if there is none. Resolves with the new record, or `undefined` when somebody else was faster.
   */
  claim(partitionId: string, ownerId: string, etag: string | undefined): Promise<Ownership | undefined>
}
