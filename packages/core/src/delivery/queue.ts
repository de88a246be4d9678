import type { ConsumeContext } from '../component/consumer.ts'
import { PermanentError, RetryableError, ShutdownError } from '../errors/errors.ts'
import type { Traces } from '../traces/traces.ts'
import type { Sizer } from './check-settings.ts'
import { Fifo } from './fifo.ts'
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

export interface QueueOptions {
  readonly capacity: number
  readonly sizer: Sizer
  readonly blockOnOverflow: boolean
  readonly waitForResult: boolean
  /** From 0 (inclusive) to 1 (exclusive); spreads the retries of refused senders. */
  readonly random: () => number
}

interface BlockedCaller {
  readonly size: number
  /** Adds the caller's request at once; called when there is space for it. */
  readonly admit: () => void
  readonly refuse: (error: Error) => void
}

/** What a refused sender is asked to wait: about one second (OTR-12). */
const refusedRetryMs = 1_000

/** Bounded queue in memory. Its size counts waiting and in-flight requests until they are finished (EXP-04). */
export class MemoryQueue {
  readonly capacity: number
  readonly #options: QueueOptions
  readonly #waiting = new Fifo<QueuedRequest>()
  readonly #blocked = new Fifo<BlockedCaller>()
  #size = 0
  #spans = 0
  #requests = 0
  #closed = false
  #onChange: () => void = () => undefined

  constructor(options: QueueOptions) {
    this.#options = options
    this.capacity = options.capacity
  }

  /** In units of the sizer. */
  get size(): number {
    return this.#size
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
  async offer(traces: Traces, context: ConsumeContext): Promise<Place> {
    const size = sizeOf(traces, this.#options.sizer)
    if (this.#closed) throw new ShutdownError()
    if (size > this.capacity) throw tooLarge(size, this.capacity)
    if (this.#fits(size) && this.#blocked.length === 0) return this.#add(traces, size, context)
    if (!this.#options.blockOnOverflow) throw this.#full()
    return this.#waitForSpace(traces, size, context)
  }

  /** The oldest waiting request; whoever takes it must `finish` it. */
  take(): QueuedRequest | undefined {
    return this.#waiting.shift()
  }

  /** Refuses new requests and callers that wait for space from now on; what is queued stays. */
  close(): void {
    this.#closed = true
    for (let caller = this.#blocked.shift(); caller; caller = this.#blocked.shift())
      caller.refuse(new ShutdownError())
  }

  #fits(size: number): boolean {
    return this.#size + size <= this.capacity
  }

  #add(traces: Traces, size: number, context: ConsumeContext): Place {
    const { waitForResult } = this.#options
    const result = waitForResult ? Promise.withResolvers<void>() : undefined
    const release = result && rejectOnAbort(context.signal, result.reject)
    let finished = false
    this.#size += size
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
        this.#size -= size
        this.#spans -= traces.spanCount
        this.#requests--
        release?.()
        if (error === undefined) result?.resolve()
        else result?.reject(error)
        this.#admitBlocked()
        this.#onChange()
      },
    })
    this.#onChange()
    return { result: result?.promise }
  }

  /** Waiting callers get space strictly in turn, so that a large request is not passed by small ones for ever. */
  #admitBlocked(): void {
    for (let next = this.#blocked.peek(); next && this.#fits(next.size); next = this.#blocked.peek()) {
      this.#blocked.shift()
      next.admit()
    }
  }

  #waitForSpace(traces: Traces, size: number, context: ConsumeContext): Promise<Place> {
    if (context.signal.aborted) return Promise.reject(this.#full())
    const { promise, resolve, reject } = Promise.withResolvers<Place>()
    const release = rejectOnAbort(context.signal, () => {
      this.#blocked.remove(caller)
      reject(this.#full())
      this.#admitBlocked()
    })
    const caller: BlockedCaller = {
      size,
      admit: () => {
        release()
        resolve(this.#add(traces, size, context))
      },
      refuse: (error) => {
        release()
        reject(error)
      },
    }
    this.#blocked.push(caller)
    return promise
  }

  #full(): RetryableError {
    const retryAfterMs = Math.round(refusedRetryMs * (0.75 + this.#options.random() / 2))
    return new RetryableError('QUEUE_FULL', 'sending queue is full', { retryAfterMs })
  }
}

/** Size of a request in units of `sizer`. */
export function sizeOf(traces: Traces, sizer: Sizer): number {
  if (sizer === 'requests') return 1
  return sizer === 'items' ? traces.spanCount : traces.byteLength
}

const tooLarge = (size: number, capacity: number): PermanentError =>
  new PermanentError('ELEMENT_TOO_LARGE', 'element size too large', {
    hint: `The request has size ${size}, the whole queue ${capacity}. Raise queue_size or send smaller requests.`,
  })

function rejectOnAbort(signal: AbortSignal, reject: (reason: unknown) => void): () => void {
  const onAbort = (): void => reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  return () => signal.removeEventListener('abort', onAbort)
}
