import type { Context } from '@opentelemetry/api'

import type { Clock, Timer } from '../clock/clock.ts'
import { Traces } from '../traces/traces.ts'
import type { QueuedRequest } from './queue.ts'
import { sizeOf } from './queue.ts'
import type { Metadata } from './sender.ts'

/** A request that is ready to be sent, with or without batching. */
export interface ReadyRequest {
  readonly traces: Traces
  readonly metadata?: Metadata | undefined
  readonly signal?: AbortSignal | undefined
  readonly deadline?: number | undefined
  readonly trace?: Context | undefined
  /** Tells all requests whose spans are inside how the sending ended; `error` absent means delivered. */
  finish(error?: unknown): void
}

export interface BatcherOptions {
  readonly minSize: number
  /** 0 means that nothing is split. */
  readonly maxSize: number
  readonly sizer: 'items' | 'bytes'
  readonly flushTimeoutMs: number
  /** Lower-case names of the headers whose combinations get batches of their own. */
  readonly partitionBy: readonly string[]
  readonly clock: Clock
  /** Takes batches in the order in which they became ready. */
  readonly emit: (batch: ReadyRequest) => void
}

/** Part of a queued request, which is done when all its parts are (EXP-08). */
interface Share {
  readonly request: SharedRequest
  readonly spans: number
}

interface Partition {
  readonly key: string
  readonly metadata: Metadata | undefined
  readonly parts: Traces[]
  readonly shares: Share[]
  readonly timer: Timer
  size: number
}

/** Joins small requests and splits large ones, at borders between spans; no span is decoded for it (8.1, EXP-08). */
export class Batcher {
  readonly #options: BatcherOptions
  readonly #open = new Map<string, Partition>()

  constructor(options: BatcherOptions) {
    this.#options = options
  }

  /** Whether no request waits for a batch to fill. */
  get empty(): boolean {
    return this.#open.size === 0
  }

  /** Takes a request; `emit` is called at once for every batch that is full. */
  add(request: QueuedRequest): void {
    const { minSize, maxSize, sizer } = this.#options
    const partition = this.#partitionOf(request)
    partition.parts.push(request.traces)
    partition.shares.push({ request: new SharedRequest(request), spans: request.traces.spanCount })
    partition.size += sizeOf(request.traces, sizer)
    if (maxSize > 0 && partition.size > maxSize) this.#cut(partition)
    else if (partition.size >= minSize) this.#flush(partition)
  }

  /** Hands out everything that is still open (EXP-63). */
  flush(): void {
    for (const partition of this.#open.values()) this.#flush(partition)
  }

  #partitionOf({ metadata }: QueuedRequest): Partition {
    const selected = select(metadata, this.#options.partitionBy)
    const key = selected ? JSON.stringify([...selected]) : ''
    return this.#open.get(key) ?? this.#begin(key, selected)
  }

  #begin(key: string, metadata: Metadata | undefined): Partition {
    const timer = this.#options.clock.schedule(this.#options.flushTimeoutMs, () => this.#flush(partition))
    const partition: Partition = { key, metadata, parts: [], shares: [], timer, size: 0 }
    this.#open.set(key, partition)
    return partition
  }

  /** Emits full batches; what is left over begins the next batch, or is emitted if it is large enough itself. */
  #cut(partition: Partition): void {
    const { minSize, maxSize, sizer } = this.#options
    this.#close(partition)
    const cuts = Traces.concat(partition.parts).split(maxSize, sizer)
    const shares = new ShareReader(partition.shares)
    for (const [index, traces] of cuts.entries()) {
      const own = shares.take(traces.spanCount)
      const size = sizeOf(traces, sizer)
      if (index < cuts.length - 1 || size >= minSize) {
        this.#emit(traces, own, partition.metadata)
        continue
      }
      const rest = this.#begin(partition.key, partition.metadata)
      rest.parts.push(traces)
      rest.shares.push(...own)
      rest.size = size
    }
  }

  #flush(partition: Partition): void {
    this.#close(partition)
    this.#emit(Traces.concat(partition.parts), partition.shares, partition.metadata)
  }

  #close(partition: Partition): void {
    partition.timer.cancel()
    this.#open.delete(partition.key)
  }

  #emit(traces: Traces, shares: readonly Share[], metadata: Metadata | undefined): void {
    this.#options.emit({
      traces,
      metadata,
      finish: (error) => {
        for (const { request, spans } of shares) request.finishPart(spans, error)
      },
    })
  }
}

/** Counts the spans of a queued request that are still to be sent, and tells it the first error. */
class SharedRequest {
  readonly #request: QueuedRequest
  #left: number
  #error: unknown

  constructor(request: QueuedRequest) {
    this.#request = request
    this.#left = request.traces.spanCount
  }

  finishPart(spans: number, error: unknown): void {
    this.#left -= spans
    this.#error ??= error
    if (this.#left === 0) this.#request.finish(this.#error)
  }
}

/** Deals the shares out again to batches of given span counts, in order. */
class ShareReader {
  readonly #shares: readonly Share[]
  #index = 0
  #used = 0

  constructor(shares: readonly Share[]) {
    this.#shares = shares
  }

  take(spans: number): Share[] {
    const taken: Share[] = []
    let wanted = spans
    for (let share = this.#shares[this.#index]; share && wanted > 0; share = this.#shares[this.#index]) {
      const part = Math.min(wanted, share.spans - this.#used)
      taken.push({ request: share.request, spans: part })
      wanted -= part
      this.#used += part
      if (this.#used === share.spans) {
        this.#index++
        this.#used = 0
      }
    }
    return taken
  }
}

function select(metadata: Metadata | undefined, names: readonly string[]): Metadata | undefined {
  if (names.length === 0) return undefined
  return new Map(names.map((name) => [name, metadata?.get(name) ?? []]))
}
