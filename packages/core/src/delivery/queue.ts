import type { ConsumeContext } from '../component/consumer.ts'
import type { Traces } from '../traces/traces.ts'
import type { Sizer } from './check-settings.ts'
import { Fifo } from './fifo.ts'
import { QueueSpace, type QueueSpaceOptions } from './queue-space.ts'
import type { Delivery } from './sender.ts'

/** A request in the queue, waiting or being sent. */
export interface QueuedRequest extends Delivery {
  /** In units of the queue's sizer. */
  readonly size: number
  /** Frees the request's place and tells a waiting caller the result; `error` absent means delivered. */
  finish(error?: unknown): void
}

/** What the queue promises about a request that it took. */
export interface Place {
  /** With `waitForResult`: resolves once the request was delivered, rejects if it never will be. */
  readonly result: Promise<void> | undefined
}

export interface QueueOptions extends QueueSpaceOptions {
  readonly sizer: Sizer
  readonly waitForResult: boolean
}

/** Bounded queue in memory. Its size counts waiting and in-flight requests until they are finished (EXP-04). */
export class MemoryQueue {
  readonly #options: QueueOptions
  readonly #space: QueueSpace
  readonly #waiting = new Fifo<QueuedRequest>()
  #spans = 0
  #requests = 0
  #onChange: () => void = () => undefined

  constructor(options: QueueOptions) {
    this.#options = options
    this.#space = new QueueSpace(options)
  }

  get capacity(): number {
    return this.#space.capacity
  }

  /** In units of the sizer. */
  get size(): number {
    return this.#space.size
  }

  /** Spans that wait or are being sent. */
  get spanCount(): number {
    return this.#spans
  }

  /** Requests that nobody took yet. */
  get waiting(): number {
    return this.#waiting.length
  }

  /** Whether nothing waits and nothing is being sent. */
  get idle(): boolean {
    return this.#requests === 0
  }

  /** Calls `listener` after each request that was added or finished. */
  onChange(listener: () => void): void {
    this.#onChange = listener
  }

  /** Takes responsibility for `traces`: resolves once they are queued, rejects otherwise (EXP-01 to EXP-05). */
  offer(traces: Traces, context: ConsumeContext): Promise<Place> {
    const size = sizeOf(traces, this.#options.sizer)
    return this.#space.enter(size, context.signal, () => this.#add(traces, size, context))
  }

  /** The oldest waiting request; whoever takes it must `finish` it. */
  take(): QueuedRequest | undefined {
    return this.#waiting.shift()
  }

  /** Refuses new requests and callers that wait for space from now on; what is queued stays. */
  close(): void {
    this.#space.close()
  }

  #add(traces: Traces, size: number, context: ConsumeContext): Place {
    const { waitForResult } = this.#options
    const result = waitForResult ? Promise.withResolvers<void>() : undefined
    const release = result && rejectOnAbort(context.signal, result.reject)
    let finished = false
    this.#spans += traces.spanCount
    this.#requests++
    this.#waiting.push({
      traces,
      size,
      metadata: context.metadata,
      trace: context.trace,
      signal: waitForResult ? context.signal : undefined,
      deadline: waitForResult ? context.deadline : undefined,
      finish: (error) => {
        if (finished) return
        finished = true
        this.#spans -= traces.spanCount
        this.#requests--
        release?.()
        if (error === undefined) result?.resolve()
        else result?.reject(error)
        this.#space.release(size)
        this.#onChange()
      },
    })
    this.#onChange()
    return { result: result?.promise }
  }
}

/** Size of a request in units of `sizer`. */
export function sizeOf(traces: Traces, sizer: Sizer): number {
  if (sizer === 'requests') return 1
  return sizer === 'items' ? traces.spanCount : traces.byteLength
}

function rejectOnAbort(signal: AbortSignal, reject: (reason: unknown) => void): () => void {
  const onAbort = (): void => reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  return () => signal.removeEventListener('abort', onAbort)
}
