import type { Clock } from '../clock/clock.ts'
import type { QueueStore } from '../storage/storage.ts'
import type { Sizer } from './check-settings.ts'
import { Fifo } from './fifo.ts'
import { entryOf, type StoredEntry } from './stored-entry.ts'

export interface BacklogOptions {
  readonly store: Pick<QueueStore, 'pending'>
  readonly sizer: Sizer
  readonly clock: Clock
  /** Called when there may be more to take. */
  readonly onChange: () => void
  readonly onFault: (error: unknown) => void
}

/** Bodies of fresh requests that stay in memory until they are sent; the others are read back. */
const maxBodyBytes = 16 << 20
/** Entries read at a time, and how few make that a next page is read. */
const pageLength = 100
const lowLength = 25
/** Pause before a page is asked for again that could not be read. */
const faultPauseMs = 5_000

/**
 * The stored requests that nobody has taken in hand, in the order of their ids. Fresh ones are handed on from memory
 * as long as there is room; behind those that did not fit, everything comes from disk, a page at a time and without
 * the bodies.
 */
export class Backlog {
  readonly #options: BacklogOptions
  readonly #ready = new Fifo<StoredEntry>()
  #bodyBytes = 0
  /** Everything up to this id was handed to `#ready`. */
  #cursor = 0
  /** Whether there may be entries behind the cursor that are only on disk. */
  #isBehind: boolean
  #isReading = false
  /** Entries that came since the last page was asked for. */
  #arrivals = 0
  #stopped = false

  /** `recovered` tells whether the store holds entries already. */
  constructor(options: BacklogOptions, recovered: boolean) {
    this.#options = options
    this.#isBehind = recovered
  }

  /** Whether nothing is left, in memory or on disk. */
  get isEmpty(): boolean {
    return this.#ready.length === 0 && !this.#isBehind
  }

  /** An entry was stored. To be called in the order of ids. */
  add(entry: StoredEntry): void {
    this.#arrivals++
    if (entry.id <= this.#cursor) return
    const bytes = entry.body?.length ?? 0
    if (this.#isBehind || this.#bodyBytes + bytes > maxBodyBytes) {
      this.#isBehind = true
      return
    }
    this.#push({ ...entry, body: compact(entry.body) })
    this.#options.onChange()
  }

  /** The next entry, if there is one in memory; asks for more when there are few. */
  peek(): StoredEntry | undefined {
    if (this.#ready.length < lowLength && this.#isBehind) void this.#read()
    return this.#ready.peek()
  }

  shift(): void {
    this.#bodyBytes -= this.#ready.shift()?.body?.length ?? 0
  }

  /** Reads no more. */
  stop(): void {
    this.#stopped = true
  }

  async #read(): Promise<void> {
    if (this.#isReading || this.#stopped) return
    this.#isReading = true
    const { store, sizer, clock, onChange, onFault } = this.#options
    this.#arrivals = 0
    try {
      const page = await store.pending(this.#cursor, pageLength)
      for (const record of page) this.#push(entryOf(record, sizer, clock))
      // What arrived meanwhile may be part of the next page.
      this.#isBehind = page.length > 0 || this.#arrivals > 0
      this.#isReading = false
    } catch (error) {
      if (!this.#stopped) onFault(error)
      clock.schedule(faultPauseMs, () => {
        this.#isReading = false
        if (!this.#stopped) onChange()
      })
      return
    }
    if (!this.#stopped) onChange()
  }

  #push(entry: StoredEntry): void {
    this.#cursor = entry.id
    this.#bodyBytes += entry.body?.length ?? 0
    this.#ready.push(entry)
  }
}

/** What compresses hands out the beginning of a buffer that is ten times as large, which would be kept with it. */
function compact(body: Uint8Array | undefined): Uint8Array | undefined {
  return body === undefined || body.length === body.buffer.byteLength ? body : new Uint8Array(body)
}
