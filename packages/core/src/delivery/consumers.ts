import type { Batcher, ReadyRequest } from './batcher.ts'
import { Fifo } from './fifo.ts'
import type { MemoryQueue } from './queue.ts'

export interface ConsumersOptions {
  readonly queue: MemoryQueue
  /** Requests sent in parallel; one that waits for its next attempt counts (EXP-26). */
  readonly count: number
  /** Makes the batcher, which hands its batches to `emit`; absent: requests are sent as they are. */
  readonly batcher?: ((emit: (batch: ReadyRequest) => void) => Batcher) | undefined
  /** Sends one request, tells it the result through `finish`, and never rejects. */
  readonly send: (request: ReadyRequest) => Promise<void>
}

/** Reads the queue, feeds the batcher and keeps up to `count` requests on their way (EXP-08, EXP-26). */
export class Consumers {
  readonly #options: ConsumersOptions
  readonly #batcher: Batcher | undefined
  readonly #ready = new Fifo<ReadyRequest>()
  #sending = 0
  #running = false
  #reading = false
  #draining: PromiseWithResolvers<void> | undefined

  constructor(options: ConsumersOptions) {
    this.#options = options
    this.#batcher = options.batcher?.((batch) => {
      this.#ready.push(batch)
      if (!this.#reading) this.#pump()
    })
    options.queue.onChange(() => this.#pump())
  }

  start(): void {
    this.#running = true
    this.#pump()
  }

  /** Sends everything that is queued, flushing the batcher; resolves when nothing is left (EXP-61, EXP-63). */
  drain(): Promise<void> {
    this.#draining ??= Promise.withResolvers<void>()
    this.start()
    return this.#draining.promise
  }

  /** Reading pauses while a batch waits for its turn, so that requests stay in the bounded queue meanwhile. */
  #pump(): void {
    if (!this.#running) return
    const { queue, count } = this.#options
    while (this.#sending < count) {
      const request = this.#ready.shift() ?? this.#read()
      if (request === undefined) break
      this.#send(request)
    }
    if (queue.idle) this.#draining?.resolve()
  }

  #read(): ReadyRequest | undefined {
    const { queue } = this.#options
    if (this.#batcher === undefined) return queue.take()
    this.#reading = true
    while (this.#ready.length === 0) {
      const request = queue.take()
      if (request === undefined) break
      this.#batcher.add(request)
    }
    if (this.#ready.length === 0 && this.#draining) this.#batcher.flush()
    this.#reading = false
    return this.#ready.shift()
  }

  #send(request: ReadyRequest): void {
    this.#sending++
    void this.#options.send(request).finally(() => {
      this.#sending--
      this.#pump()
    })
  }
}
