import { type AppendedRecord, type AppendStore, type Clock, SpanloomError, type Timer } from '@spanloom/core'

import type { WaitingBatch, WaitingSpans } from '../emission/waiting-spans.ts'
import { grown } from '../keys/typed-arrays.ts'
import type { MemoryStore } from '../store/memory-store.ts'
import type { KeyFacts } from '../store/store.ts'
import type { Arrears, Taken } from './arrears.ts'
import type { DurableBatch } from './durable-batch.ts'
import { encodeClock, encodeNote, encodeWaiting } from './record-codec.ts'
import { type ClockReading, StoredTime } from './stored-time.ts'

/** What a writer works with. */
export interface DurableWriterOptions {
  readonly fragments: AppendStore
  readonly clock: Clock
  readonly waiting: WaitingSpans
  readonly arrears: Arrears
  readonly index: MemoryStore
  readonly factsOf: (slot: number, key: string) => KeyFacts | undefined
}

/** The record of the clock; the lowest sequence, so that it is read first. */
export const clockSequence = 0

/** How long removals are gathered before they are written on their own. */
const gatherMs = 50
/** When to try again to write what could not be written. */
const retryMs = 5_000
/** Spans that the next stage has not taken after so long are put on disk with the next write. */
const patienceMs = 1_000

/** Everything that goes into one transaction. */
interface ChangeSet {
  readonly append: readonly AppendedRecord[]
  readonly remove: readonly number[]
  readonly taken: Taken
  readonly saved: readonly WaitingBatch[]
  readonly reading: ClockReading | undefined
  /** Whether nothing else can be written at the moment that waits for spans. */
  readonly isLast: boolean
}

/**
 * Writes one transaction after the other. Each takes along everything that is due by then, so that the disk always
 * shows a state in which the assembler was, or one in which spans have not left that the next stage has not taken.
 */
export class DurableWriter {
  readonly #options: DurableWriterOptions
  #time: StoredTime
  #lastNumber: number = 0
  /** Sequence of the note of each slot; 0 for none. */
  #notes = new Float64Array(1024)
  #tail: Promise<void> = Promise.resolve()
  #timer: Timer | undefined
  #closed: boolean = false

  constructor(options: DurableWriterOptions) {
    this.#options = options
    this.#time = new StoredTime(options.clock)
  }

  /** Processing time as it is stored. */
  get time(): StoredTime {
    return this.#time
  }

  /** No number that was ever given is higher, be it of a record or of an arrival. */
  get lastNumber(): number {
    return this.#lastNumber
  }

  /** Goes on after the process that wrote what is on disk. To be called before anything is written. */
  resume(lastNumber: number, time: StoredTime): void {
    this.#lastNumber = lastNumber
    this.#time = time
  }

  /** A number for a new record, at least `floor`. */
  nextNumber(floor: number = 0): number {
    this.#lastNumber = Math.max(this.#lastNumber + 1, floor)
    return this.#lastNumber
  }

  /** Takes up the record that holds the note of a key. */
  setNote(slot: number, sequence: number): void {
    if (slot >= this.#notes.length) this.#notes = grown(this.#notes, slot)
    this.#notes[slot] = sequence
  }

  /** The record of the note of a key that is forgotten; 0 for none. */
  takeNote(slot: number): number {
    const sequence = this.#notes[slot] ?? 0
    if (sequence !== 0) this.#notes[slot] = 0
    return sequence
  }

  /**
   * Writes the batch with everything that is due.
   *
   * @param begun called when no more can be added to it
   */
  write(batch: DurableBatch, begun: () => void): Promise<void> {
    return this.#next(() => {
      begun()
      return this.#write(batch, false)
    })
  }

  /** Writes what is due, and what time it is if nobody could tell. */
  flush(): Promise<void> {
    return this.#next(() => this.#write(undefined, false))
  }

  /** Writes what is due after a moment, unless something else is written before. */
  flushSoon(delayMs: number = gatherMs): void {
    if (this.#closed) return
    this.#timer ??= this.#options.clock.schedule(delayMs, () => {
      this.#timer = undefined
      // What could not be written is tried again, and the storage tells its operator.
      this.flush().catch(() => undefined)
    })
  }

  /** Writes everything, with the spans that were not taken. */
  async close(): Promise<void> {
    this.#closed = true
    this.#timer?.cancel()
    const { arrears } = this.#options
    do await this.#next(() => this.#write(undefined, true))
    while (arrears.isDue || arrears.isWaiting)
  }

  #next(work: () => Promise<void>): Promise<void> {
    const done = this.#tail.then(work)
    this.#tail = done.catch(() => undefined)
    return done
  }

  async #write(batch: DurableBatch | undefined, everything: boolean): Promise<void> {
    const { fragments, arrears } = this.#options
    const { append, remove, taken, saved, reading, isLast } = this.#gather(batch, everything)
    try {
      if (append.length + remove.length > 0) await fragments.write({ append, remove })
    } catch (error) {
      for (const one of saved) one.record = 0
      arrears.giveBack(taken, await this.#madeRoom(taken, error))
      this.flushSoon(retryMs)
      throw error
    }
    arrears.written()
    // The disk works: what is due does not wait for another attempt.
    this.#timer?.cancel()
    this.#timer = undefined
    if (arrears.isDue || !isLast) this.flushSoon()
    if (reading !== undefined) this.#time.noted(reading)
  }

  #gather(batch: DurableBatch | undefined, everything: boolean): ChangeSet {
    const { arrears, waiting } = this.#options
    arrears.settle(waiting.taken)
    const withSpans = everything || this.#mustSaveSpans(batch)
    const taken = arrears.take(withSpans, new Set(batch?.entries.map(({ record }) => record.key)))
    const append = [...taken.appended.values()]
    const remove = [...taken.removed]
    if (batch !== undefined) for (const { record } of batch.entries) append.push(record)
    for (const [key, { slot, removed }] of taken.changed) this.#change(key, slot, removed, append, remove)
    for (const [key, { slot, removed, gone }] of taken.leaving) {
      if (gone) for (const sequence of removed) remove.push(sequence)
      else this.#change(key, slot, removed, append, remove)
    }
    const saved = withSpans ? this.#save(append) : []
    const reading = this.#time.reading()
    if (reading !== undefined) append.push({ key: '', sequence: clockSequence, bytes: encodeClock(reading) })
    return { append, remove, taken, saved, reading, isLast: !withSpans || !arrears.isWaiting }
  }

  /** Whether what has left must be written although its spans were not taken. */
  #mustSaveSpans(batch: DurableBatch | undefined): boolean {
    const { arrears, clock, waiting } = this.#options
    if (waiting.isRefused || clock.monotonic() - arrears.waitingSince > patienceMs) return true
    // What comes after a span has left must find it gone after a crash, too.
    return batch !== undefined && batch.entries.some(({ record }) => arrears.isLeaving(record.key))
  }

  #change(
    key: string,
    slot: number,
    removed: readonly number[],
    append: AppendedRecord[],
    remove: number[],
  ): void {
    for (const sequence of removed) remove.push(sequence)
    const { index, factsOf } = this.#options
    const facts = factsOf(slot, key)
    const memory = index.memory(slot)
    if (facts === undefined || memory === undefined) return
    let sequence = this.#notes[slot] ?? 0
    if (sequence === 0) {
      sequence = this.nextNumber()
      this.setNote(slot, sequence)
    }
    const bytes = encodeNote({
      lastNumber: this.#lastNumber,
      facts: {
        ...facts,
        lastArrivalMs: this.#time.toStored(facts.lastArrivalMs),
        lastLeaveMs: this.#time.toStored(facts.lastLeaveMs),
      },
      memory,
    })
    append.push({ key, sequence, bytes })
  }

  #save(append: AppendedRecord[]): readonly WaitingBatch[] {
    const saved = this.#options.waiting.batches().filter(({ record }) => record === 0)
    for (const batch of saved) {
      batch.record = this.nextNumber()
      append.push({ key: '', sequence: batch.record, bytes: encodeWaiting(batch.traces.toProtobuf()) })
    }
    return saved
  }

  /** On a full disk, what may go without anything being written does go. */
  async #madeRoom({ removed, changed }: Taken, error: unknown): Promise<boolean> {
    if (!(error instanceof SpanloomError) || error.code !== 'STORAGE_FULL') return false
    const remove = [...removed, ...[...changed.values()].flatMap((change) => change.removed)]
    if (remove.length === 0) return false
    return this.#options.fragments.write({ remove }).then(
      () => true,
      () => false,
    )
  }
}
