import type { AppendStore, Clock } from '@spanloom/core'
import { asBuffer, Resource, Scope } from '@spanloom/core/traces'

import type { WaitingBatch, WaitingSpans } from '../emission/waiting-spans.ts'
import { MemoryStore } from '../store/memory-store.ts'
import type {
  ClosingKeeper,
  FragmentStore,
  KeptClosing,
  KeyFacts,
  KeyRecords,
  MaybePromise,
  StoredFragment,
} from '../store/store.ts'
import { Arrears } from './arrears.ts'
import { DurableBatch } from './durable-batch.ts'
import { DurableWriter } from './durable-writer.ts'
import { decodeFragment, encodeClosing, encodeFragment, recordKind } from './record-codec.ts'
import { type RestoredRecord, RecordScan } from './record-scan.ts'

/** What a durable store works with. */
export interface DurableStoreOptions {
  readonly clock: Clock
  /** Spans that were emitted and not taken. */
  readonly waiting: WaitingSpans
}

/** What a store is opened with. */
export interface OpenedStore {
  readonly fragments: AppendStore
  /** What is known about the key, if the slot still stands for it. */
  readonly factsOf: (slot: number, key: string) => KeyFacts | undefined
}

/** The sequence of a fragment's record is all that the index keeps of its bytes. */
const sequenceLength = 8

/**
 * Keeps fragments on disk. In memory stays what is needed to recognise duplicates and to find the records again: 64
 * bytes for each fragment.
 *
 * Fragments count as taken once they are on disk. What leaves is removed there when the next stage has taken the
 * spans that it became; see `Arrears`.
 */
export class DurableStore implements FragmentStore {
  readonly closings: ClosingKeeper = {
    keep: (closing) => this.#keep(closing),
    drop: (closing) => this.#drop(closing),
  }
  readonly #options: DurableStoreOptions
  readonly #index = new MemoryStore()
  readonly #arrears = new Arrears()
  readonly #closingRecords = new Map<number, number>()
  readonly #header = Buffer.alloc(sequenceLength)
  #writer: DurableWriter | undefined
  #fragments: AppendStore | undefined
  #batch: DurableBatch | undefined
  /** Records of the closing end that was shared last; its copies all have the same bytes. */
  #shared: { readonly number: number; readonly bytes: Buffer } | undefined
  #emitted: number = 0

  constructor(options: DurableStoreOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#index.size
  }

  /** No number that was ever given is higher. */
  get lastNumber(): number {
    return this.#writer?.lastNumber ?? 0
  }

  /**
   * Begins to work with the disk and gives everything that is there, in the order in which it was written: each
   * fragment is to be handed to {@link admit}, each note to {@link recall}, each closing end to {@link recallClosing}.
   * Answers how many records could not be read; they stay where they are.
   */
  async *open({ fragments, factsOf }: OpenedStore): AsyncGenerator<readonly RestoredRecord[], number> {
    const { clock, waiting } = this.#options
    const writer = new DurableWriter({
      fragments,
      clock,
      waiting,
      arrears: this.#arrears,
      index: this.#index,
      factsOf,
    })
    this.#fragments = fragments
    this.#writer = writer
    const scan = new RecordScan(clock)
    for await (const page of fragments.scan()) yield scan.read(page)
    writer.resume(scan.lastNumber, scan.time)
    return scan.unreadable
  }

  append(slot: number, key: string, fragment: StoredFragment, fingerprint: string): MaybePromise<boolean> {
    if (this.#index.knows(slot, fingerprint)) return false
    const batch = (this.#batch ??= this.#begin())
    if (batch.has(slot, fingerprint)) return batch.repeated
    const sequence = this.#opened.nextNumber(fragment.arrival)
    const arrived = this.#opened.time.toStored(fragment.arrivedMs)
    const bytes = encodeFragment({ fragment, fingerprint }, arrived, recordKind.fragment)
    batch.add({ slot, fragment, fingerprint, record: { key, sequence, bytes } })
    return batch.stored
  }

  share(slot: number, key: string, fragment: StoredFragment, fingerprint: string): boolean {
    const sequence = this.#opened.nextNumber()
    if (!this.admit(slot, sequence, fragment, fingerprint)) return false
    if (this.#shared?.number !== fragment.closing) {
      const arrived = this.#opened.time.toStored(fragment.arrivedMs)
      const bytes = encodeFragment({ fragment, fingerprint }, arrived, recordKind.copy)
      this.#shared = { number: fragment.closing, bytes }
    }
    this.#arrears.append({ key, sequence, bytes: this.#shared.bytes })
    this.#opened.flushSoon()
    return true
  }

  read(slot: number): MaybePromise<KeyRecords> {
    const known = this.#index.read(slot)
    return known.fragments.length === 0 ? known : this.#readOne(slot)
  }

  async #readOne(slot: number): Promise<KeyRecords> {
    const [records] = await this.readMany([slot])
    return records ?? { fragments: [], memory: undefined }
  }

  /** @throws RetryableError when the disk cannot be read for now */
  async readMany(slots: readonly number[]): Promise<readonly KeyRecords[]> {
    const stored = await this.#load(slots.flatMap((slot) => this.#sequences(slot)))
    return slots.map((slot) => {
      const { fragments: headers, memory } = this.#index.read(slot)
      const fragments = headers.flatMap((header) => completed(header, stored) ?? [])
      if (fragments.length === headers.length) return { fragments, memory }
      const found = new Set(fragments.map(({ arrival }) => arrival))
      return { fragments, memory, lost: headers.filter(({ arrival }) => !found.has(arrival)) }
    })
  }

  release(slot: number, key: string, gone: ReadonlySet<number>, memory: Buffer | undefined): void {
    const sequences = this.#sequences(slot, gone)
    this.#index.release(slot, key, gone, memory)
    const { pushed } = this.#options.waiting
    const becameSpans = pushed > this.#emitted
    this.#emitted = pushed
    if (becameSpans) {
      const now = this.#options.clock.monotonic()
      this.#arrears.leave(key, slot, sequences, pushed, now)
    } else {
      this.#arrears.change(key, slot, sequences)
      this.#opened.flushSoon()
    }
  }

  delete(slot: number, key: string): void {
    const note = this.#opened.takeNote(slot)
    const sequences = note === 0 ? this.#sequences(slot) : [...this.#sequences(slot), note]
    this.#index.delete(slot)
    this.#arrears.forget(key, sequences)
    this.#opened.flushSoon()
  }

  /** Takes up a fragment that is on disk. False when the key has taken it before. */
  admit(slot: number, sequence: number, fragment: StoredFragment, fingerprint: string): boolean {
    this.#header.writeDoubleLE(sequence)
    const header: StoredFragment = {
      ...fragment,
      buffer: this.#header,
      from: 0,
      to: sequenceLength,
      resource: Resource.empty,
      scope: Scope.empty,
    }
    return this.#index.append(slot, '', header, fingerprint)
  }

  /**
   * Takes up the note of a key; answers what the key was given to remember.
   *
   * @throws RangeError when the bytes are none
   */
  recall(slot: number, sequence: number, memory: Buffer): Buffer | undefined {
    this.#index.recall(slot, memory)
    this.#opened.setNote(slot, sequence)
    return this.#index.read(slot).memory
  }

  /** Whether the key has taken this fingerprint before. */
  knows(slot: number, fingerprint: string): boolean {
    return this.#index.knows(slot, fingerprint)
  }

  /** Removes a record that was scanned and is of no use any more. */
  remove(sequence: number): void {
    this.#arrears.remove(sequence)
  }

  /** The next stage took a batch of spans, or refused it for good. */
  taken({ record }: WaitingBatch): void {
    if (record !== 0) this.#arrears.remove(record)
    this.#writer?.flushSoon()
  }

  /** The next stage refuses spans for now: they are put on disk. */
  refused(): void {
    this.#writer?.flushSoon()
  }

  /** Writes what is not on disk, except what waits for spans to be taken. */
  flush(): Promise<void> {
    return this.#writer?.flush() ?? Promise.resolve()
  }

  /** Writes everything, spans that were not taken included. Nothing may be called afterwards. */
  async close(): Promise<void> {
    await this.#writer?.close()
  }

  get #opened(): DurableWriter {
    if (this.#writer === undefined) throw new Error('The store of open spans is not open.')
    return this.#writer
  }

  #begin(): DurableBatch {
    const batch = new DurableBatch()
    const begun = (): void => void (this.#batch = undefined)
    void this.#carry(batch, begun)
    return batch
  }

  /** Those who wait hear from the batch what came of it. */
  async #carry(batch: DurableBatch, begun: () => void): Promise<void> {
    try {
      await this.#opened.write(batch, begun)
      for (const { slot, fragment, fingerprint, record } of batch.entries)
        this.admit(slot, record.sequence, fragment, fingerprint)
      batch.succeed()
    } catch (error) {
      batch.fail(error)
    }
  }

  #sequences(slot: number, of?: ReadonlySet<number>): number[] {
    const sequences: number[] = []
    for (const header of this.#index.read(slot).fragments) {
      if (of?.has(header.arrival) !== false) sequences.push(sequenceOf(header))
    }
    return sequences
  }

  async #load(sequences: readonly number[]): Promise<ReadonlyMap<number, Buffer>> {
    const found = new Map<number, Buffer>()
    const missing: number[] = []
    for (const sequence of sequences) {
      const bytes = this.#arrears.unwritten(sequence)
      if (bytes === undefined) missing.push(sequence)
      else found.set(sequence, asBuffer(bytes))
    }
    if (missing.length === 0 || this.#fragments === undefined) return found
    // Copies: what the storage gives are views of its whole answer, which a single key would keep alive.
    for (const { sequence, bytes } of await this.#fragments.read(missing)) {
      found.set(sequence, Buffer.from(bytes))
    }
    return found
  }

  #keep(closing: KeptClosing): void {
    const { number, key, fingerprint, fragment, merged } = closing
    const sequence = this.#closingRecords.get(number) ?? this.#opened.nextNumber()
    this.#closingRecords.set(number, sequence)
    const expires = this.#opened.time.toStored(closing.expiresMs)
    const arrived = this.#opened.time.toStored(fragment.arrivedMs)
    const bytes = encodeClosing({ fragment, fingerprint, merged, expires }, arrived)
    this.#arrears.append({ key, sequence, bytes })
    this.#opened.flushSoon()
  }

  /** Takes up the record of a closing end. */
  recallClosing(number: number, sequence: number): void {
    this.#closingRecords.set(number, sequence)
  }

  #drop({ number }: KeptClosing): void {
    const sequence = this.#closingRecords.get(number)
    if (sequence === undefined) return
    this.#closingRecords.delete(number)
    this.#arrears.remove(sequence)
    this.#opened.flushSoon()
  }
}

function sequenceOf({ buffer, from }: StoredFragment): number {
  return buffer.readDoubleLE(from)
}

/** `undefined` when its record is not there any more, or is none. */
function completed(header: StoredFragment, stored: ReadonlyMap<number, Buffer>): StoredFragment | undefined {
  const record = stored.get(sequenceOf(header))
  if (record === undefined) return undefined
  try {
    const { buffer, from, to, resource, scope } = decodeFragment(record).fragment
    return { ...header, buffer, from, to, resource, scope }
  } catch {
    return undefined
  }
}
