import { PermanentError, RetryableError, ShutdownError } from '../errors/errors.ts'
import { Fifo } from './fifo.ts'

export interface QueueSpaceOptions {
  readonly capacity: number
  readonly blockOnOverflow: boolean
  /** From 0 (inclusive) to 1 (exclusive); spreads the retries of refused senders. */
  readonly random: () => number
}

interface BlockedCaller {
  readonly size: number
  readonly admit: () => void
  readonly refuse: (error: Error) => void
}

/** What a refused sender is asked to wait: about one second (OTR-12). */
const refusedRetryMs = 1_000

/** The room of a queue, in units of its sizer: who may come in, who waits, who is refused (EXP-02 to EXP-04). */
export class QueueSpace {
  readonly capacity: number
  readonly #options: QueueSpaceOptions
  readonly #blocked = new Fifo<BlockedCaller>()
  #size = 0
  #closed = false

  constructor(options: QueueSpaceOptions) {
    this.capacity = options.capacity
    this.#options = options
  }

  get size(): number {
    return this.#size
  }

  /** Counts what is there anyway, even beyond the capacity (EXP-45). */
  occupy(size: number): void {
    this.#size += size
  }

  release(size: number): void {
    this.#size -= size
    this.#admitBlocked()
  }

  /**
   * Takes room and calls `admit` in the same moment: at once, or as soon as there is room if callers may wait for it.
   * Rejects otherwise.
   */
  async enter<T>(size: number, signal: AbortSignal, admit: () => T): Promise<T> {
    if (this.#closed) throw new ShutdownError()
    if (size > this.capacity) throw tooLarge(size, this.capacity)
    if (this.#fits(size) && this.#blocked.length === 0) {
      this.#size += size
      return admit()
    }
    if (!this.#options.blockOnOverflow || signal.aborted) throw this.#full()
    return this.#waitForSpace(size, signal, admit)
  }

  /** Refuses new callers and those that wait. */
  close(): void {
    this.#closed = true
    for (let caller = this.#blocked.shift(); caller; caller = this.#blocked.shift())
      caller.refuse(new ShutdownError())
  }

  #fits(size: number): boolean {
    return this.#size + size <= this.capacity
  }

  /** Strictly in turn, so that a large request is not passed by small ones for ever. */
  #admitBlocked(): void {
    for (let next = this.#blocked.peek(); next && this.#fits(next.size); next = this.#blocked.peek()) {
      this.#blocked.shift()
      this.#size += next.size
      next.admit()
    }
  }

  #waitForSpace<T>(size: number, signal: AbortSignal, admit: () => T): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    const onAbort = (): void => {
      this.#blocked.remove(caller)
      reject(this.#full())
      this.#admitBlocked()
    }
    const leave = (): void => signal.removeEventListener('abort', onAbort)
    const caller: BlockedCaller = {
      size,
      admit() {
        leave()
        resolve(admit())
      },
      refuse(error) {
        leave()
        reject(error)
      },
    }
    signal.addEventListener('abort', onAbort, { once: true })
    this.#blocked.push(caller)
    return promise
  }

  #full(): RetryableError {
    const retryAfterMs = Math.round(refusedRetryMs * (0.75 + this.#options.random() / 2))
    return new RetryableError('QUEUE_FULL', 'sending queue is full', { retryAfterMs })
  }
}

const tooLarge = (size: number, capacity: number): PermanentError =>
  new PermanentError('ELEMENT_TOO_LARGE', 'element size too large', {
    hint: `The request has size ${size}, the whole queue ${capacity}. Raise queue_size or send smaller requests.`,
  })
