import type { AppendedRecord } from '@spanloom/core'

/** Records of a key that are to be removed together with writing its note anew. */
interface KeyChange {
  slot: number
  readonly removed: number[]
}

/** What has left a key in memory while its spans may not have been taken. */
interface Leaving extends KeyChange {
  /** Its spans are among the first so many that were ever emitted. */
  upTo: number
  readonly sinceMs: number
  /** Whether the key was forgotten altogether. */
  gone: boolean
}

/** Arrears that are being written. */
export interface Taken {
  readonly appended: ReadonlyMap<number, AppendedRecord>
  readonly removed: readonly number[]
  /** Keys whose notes are out of date. */
  readonly changed: ReadonlyMap<string, KeyChange>
  /** As `changed`; may only be written together with the spans that were not taken. */
  readonly leaving: ReadonlyMap<string, Leaving>
}

const nothing: ReadonlyMap<number, AppendedRecord> = new Map()

/**
 * What memory knows and the disk does not. What leaves a key stays on disk until the next stage has taken the spans
 * that it became, so that a crash loses nothing; only together with those spans may it be written earlier.
 */
export class Arrears {
  /** By sequence; unlike fragments these may be written later than they are used. */
  #appended = new Map<number, AppendedRecord>()
  #underWay: ReadonlyMap<number, AppendedRecord> = nothing
  /** Records that belong to no key that is kept. */
  #removed: number[] = []
  #changed = new Map<string, KeyChange>()
  /** In the order in which their spans were emitted. */
  #leaving = new Map<string, Leaving>()

  /** Whether there is anything that can be written without the spans that were not taken. */
  get isDue(): boolean {
    return this.#appended.size + this.#removed.length + this.#changed.size > 0
  }

  /** Whether something waits for spans. */
  get isWaiting(): boolean {
    return this.#leaving.size > 0
  }

  /** Since when, in processing time, something waits for spans that were not taken. */
  get waitingSince(): number {
    for (const { sinceMs } of this.#leaving.values()) return sinceMs
    return Number.POSITIVE_INFINITY
  }

  /** Whether something that has left the key waits for its spans. */
  isLeaving(key: string): boolean {
    return this.#leaving.has(key)
  }

  append(record: AppendedRecord): void {
    this.#appended.set(record.sequence, record)
  }

  /** A record that may not be on disk yet. */
  unwritten(sequence: number): Uint8Array | undefined {
    return (this.#appended.get(sequence) ?? this.#underWay.get(sequence))?.bytes
  }

  /** A record that belongs to no key that is kept. */
  remove(sequence: number): void {
    // What waits may be a newer version of what is on disk.
    this.#appended.delete(sequence)
    this.#removed.push(sequence)
  }

  /** Something left the key that became no span. */
  change(key: string, slot: number, sequences: readonly number[]): void {
    const before = this.#leaving.get(key) ?? this.#changed.get(key)
    if (before === undefined) this.#changed.set(key, { slot, removed: [...sequences] })
    else {
      before.slot = slot
      before.removed.push(...sequences)
    }
  }

  /** Something left the key, to be removed once so many spans have been taken. */
  leave(key: string, slot: number, sequences: readonly number[], upTo: number, nowMs: number): void {
    const before = this.#leaving.get(key)
    const removed = before?.removed ?? this.#changed.get(key)?.removed ?? []
    removed.push(...sequences)
    this.#changed.delete(key)
    // Behind the others, because its newest spans are behind theirs.
    this.#leaving.delete(key)
    this.#leaving.set(key, { slot, upTo, sinceMs: before?.sinceMs ?? nowMs, removed, gone: false })
  }

  /** The key was forgotten; these are its last records. */
  forget(key: string, sequences: readonly number[]): void {
    const leaving = this.#leaving.get(key)
    if (leaving !== undefined) {
      leaving.removed.push(...sequences)
      leaving.gone = true
      return
    }
    for (const sequence of this.#changed.get(key)?.removed ?? []) this.remove(sequence)
    this.#changed.delete(key)
    for (const sequence of sequences) this.remove(sequence)
  }

  /** So many spans were taken: what they came from need not be kept any longer. */
  settle(spansTaken: number): void {
    for (const [key, { slot, upTo, removed, gone }] of this.#leaving) {
      if (upTo > spansTaken) return
      this.#leaving.delete(key)
      if (gone) for (const sequence of removed) this.remove(sequence)
      else this.#changed.set(key, { slot, removed })
    }
  }

  /**
   * Takes out what is to be written next: everything of these keys, and of the others no more than takes a moment. What
   * waits for spans is taken only if they are written, too.
   */
  take(withSpans: boolean, keys: ReadonlySet<string>): Taken {
    const taken: Taken = {
      appended: this.#appended,
      removed: this.#removed,
      changed: takeSome(this.#changed, keys),
      leaving: withSpans ? takeSome(this.#leaving, keys) : new Map(),
    }
    this.#underWay = this.#appended
    this.#appended = new Map()
    this.#removed = []
    return taken
  }

  /** What was taken out is on disk. */
  written(): void {
    this.#underWay = nothing
  }

  /**
   * What was taken out could not be written.
   *
   * @param removed whether at least those removals were that do not wait for spans
   */
  giveBack(taken: Taken, removed: boolean): void {
    this.#underWay = nothing
    // What was removed or appended anew in the meantime need not be written any more.
    const gone = new Set(this.#removed)
    for (const [sequence, record] of taken.appended) {
      if (!gone.has(sequence) && !this.#appended.has(sequence)) this.append(record)
    }
    if (!removed) this.#removed.push(...taken.removed)
    const [changed, leaving] = [this.#changed, this.#leaving]
    this.#changed = new Map()
    this.#leaving = new Map(taken.leaving)
    for (const [key, change] of taken.changed) this.change(key, change.slot, removed ? [] : change.removed)
    for (const [key, { slot, removed: sequences }] of changed) this.change(key, slot, sequences)
    for (const [key, { slot, upTo, sinceMs, removed: sequences, gone: forgotten }] of leaving) {
      this.leave(key, slot, sequences, upTo, sinceMs)
      if (forgotten) this.forget(key, [])
    }
  }
}

/** So many notes are written anew in one turn of the event loop. */
const mostNotes = 512

function takeSome<Change>(from: Map<string, Change>, keys: ReadonlySet<string>): ReadonlyMap<string, Change> {
  const taken = new Map<string, Change>()
  for (const key of keys) {
    const change = from.get(key)
    if (change !== undefined) taken.set(key, change)
  }
  for (const [key, change] of from) {
    if (taken.size >= mostNotes) break
    taken.set(key, change)
  }
  for (const key of taken.keys()) from.delete(key)
  return taken
}
