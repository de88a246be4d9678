import { type Clock, findStorage, type Host, type OwnerStorage, type StorageOwner } from '@spanloom/core'
import { type Span, Traces } from '@spanloom/core/traces'

import type { ProducerContext } from './context-store.ts'
import type { WaitingSpan } from './waiting-room.ts'

/** Contexts of one event. */
export interface KnownEvent {
  readonly key: string
  readonly contexts: readonly ProducerContext[]
}

/** What a process before left. */
export interface Restored {
  /** Those that were added to last come last. */
  readonly events: readonly KnownEvent[]
  readonly waiting: readonly WaitingSpan[]
  /** Records that cannot be read. */
  readonly unreadable: number
}

/** Keeps held spans and known producers on disk. Times are wall times there and processing times in memory. */
export class Disk {
  readonly #extension: string
  readonly #owner: StorageOwner
  readonly #clock: Clock
  readonly #ttlMs: number
  #file: OwnerStorage | undefined
  #lastRecord: number = 0

  constructor(options: { extension: string; owner: StorageOwner; clock: Clock; ttlMs: number }) {
    this.#extension = options.extension
    this.#owner = options.owner
    this.#clock = options.clock
    this.#ttlMs = options.ttlMs
  }

  /** @throws StartError when the storage is not there or its file cannot be used */
  async open(host: Host): Promise<Restored> {
    const file = await findStorage(host, this.#extension).open(this.#owner)
    this.#file = file
    const waiting: WaitingSpan[] = []
    let unreadable = 0
    for await (const page of file.fragments.scan()) {
      for (const { key, sequence, bytes } of page) {
        this.#lastRecord = Math.max(this.#lastRecord, sequence)
        const span = spanOf(bytes)
        if (span === undefined) unreadable++
        else waiting.push({ key, span, record: sequence, dueMs: this.#toProcessing(dueOf(bytes)) })
      }
    }
    const events: KnownEvent[] = []
    for await (const page of file.index.entries('')) {
      for (const { key, value } of page) {
        const contexts = this.#contextsOf(value)
        if (contexts === undefined) unreadable++
        else events.push({ key, contexts })
      }
    }
    const last = ({ contexts }: KnownEvent): number => Math.max(...contexts.map(({ seenMs }) => seenMs))
    return { events: events.toSorted((a, b) => last(a) - last(b)), waiting, unreadable }
  }

  /** Writes spans that are going to wait, and tells the numbers of their records. */
  async keep(waiting: readonly Omit<WaitingSpan, 'record'>[]): Promise<readonly number[]> {
    const records = waiting.map(({ key, span, dueMs }) => {
      const traces = Traces.of([span]).toProtobuf()
      const bytes = Buffer.alloc(8 + traces.length)
      bytes.writeDoubleBE(this.#toWall(dueMs))
      bytes.set(traces, 8)
      return { key, sequence: ++this.#lastRecord, bytes }
    })
    await this.#file?.fragments.write({ append: records })
    return records.map(({ sequence }) => sequence)
  }

  /** Removes records; nobody waits for that. */
  remove(records: readonly number[]): void {
    if (records.length > 0) void this.#file?.fragments.write({ remove: records }).catch(() => undefined)
  }

  /** Writes what is known of some events. */
  async remember(events: readonly KnownEvent[]): Promise<void> {
    const nowMs = this.#clock.now()
    await this.#file?.index.put(
      events.map(({ key, contexts }) => ({
        key,
        value: Buffer.from(JSON.stringify(contexts.map((one) => this.#written(one)))),
        expiresMs: nowMs + this.#ttlMs,
      })),
    )
  }

  /** Forgets an event; nobody waits for that. */
  forget(key: string): void {
    void this.#file?.index.delete([key]).catch(() => undefined)
  }

  async close(): Promise<void> {
    const file = this.#file
    this.#file = undefined
    await file?.close()
  }

  #toWall(processingMs: number): number {
    return processingMs - this.#clock.monotonic() + this.#clock.now()
  }

  #toProcessing(wallMs: number): number {
    return wallMs - this.#clock.now() + this.#clock.monotonic()
  }

  #written({ startTime, seenMs, ...context }: ProducerContext): unknown {
    return { ...context, startTime: String(startTime), seen: this.#toWall(seenMs) }
  }

  #contextsOf(value: Uint8Array): readonly ProducerContext[] | undefined {
    try {
      const written: readonly (Omit<ProducerContext, 'startTime' | 'seenMs'> & {
        startTime: string
        seen: number
      })[] = JSON.parse(Buffer.from(value).toString('utf8'))
      return written.map(({ startTime, seen, ...context }) => ({
        ...context,
        startTime: BigInt(startTime),
        seenMs: this.#toProcessing(seen),
      }))
    } catch {
      return undefined
    }
  }
}

function dueOf(bytes: Uint8Array): number {
  return Buffer.from(bytes.buffer, bytes.byteOffset, 8).readDoubleBE()
}

function spanOf(bytes: Uint8Array): Span | undefined {
  try {
    const [span] = Traces.fromProtobuf(Uint8Array.from(bytes.subarray(8))).spans()
    return span
  } catch {
    return undefined
  }
}
