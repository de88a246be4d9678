import type { Worker } from 'node:worker_threads'

import { messageOf, RetryableError } from '@spanloom/core'

import type { Fault } from '../database/fault.ts'
import type { Answer, FileEvent, FromThread, Request, ToThread } from '../thread/messages.ts'
import { TransferPool } from './transfer-pool.ts'

/** Copies bytes of the caller into the buffer of the message. */
export type CopyBytes = (bytes: Uint8Array) => Uint8Array

type WithoutId<R> = R extends unknown ? Omit<R, 'id'> : never

/** A request that can be put into a message. */
export interface Job {
  /** Bytes that `build` copies. */
  readonly bytes: number
  /** Whether it may be refused because too much waits. */
  readonly takes: boolean
  build(copy: CopyBytes): WithoutId<Request>
}

interface Waiting {
  readonly job: Job
  readonly cost: number
  readonly resolve: (result: unknown) => void
  readonly reject: (fault: unknown) => void
}

export interface ThreadClientOptions {
  /** Bytes that may be on their way to the disk; what is more waits here. Default 16 MiB. */
  readonly windowBytes?: number
  /** Bytes that may wait here; what is more is refused. They belong to the callers. Default 64 MiB. */
  readonly maxWaitingBytes?: number
}

/** What a request costs beside its bytes. */
const requestBytes = 256

/** The main thread's side of the storage thread: gathers requests per turn of the event loop and bounds them. */
export class ThreadClient {
  readonly #worker: Worker
  readonly #windowBytes: number
  readonly #maxWaitingBytes: number
  readonly #pool = new TransferPool()
  readonly #running = new Map<number, Waiting>()
  readonly #events = new Map<number, (event: FileEvent) => void>()
  readonly #deaths = new Set<(error: Error) => void>()
  #waiting: Waiting[] = []
  #waitingBytes = 0
  #runningBytes = 0
  #lastId = 0
  #lastFile = 0
  #scheduled = false
  #closing = false
  #death: Error | undefined

  constructor(
    worker: Worker,
    { windowBytes = 16 << 20, maxWaitingBytes = 64 << 20 }: ThreadClientOptions = {},
  ) {
    this.#worker = worker
    this.#windowBytes = windowBytes
    this.#maxWaitingBytes = maxWaitingBytes
    worker.on('message', (message: FromThread) => this.#receive(message))
    worker.on('error', (error) => this.#die(error))
    worker.on('exit', (code) => this.#die(new Error(`It ended with code ${code}.`)))
  }

  /** Bytes that callers have handed over and that are not on disk. */
  get uncommittedBytes(): number {
    return this.#waitingBytes + this.#runningBytes
  }

  /** Whether the thread has ended. */
  get isDead(): boolean {
    return this.#death !== undefined
  }

  /** A number for a new file, and a listener for what the thread tells of it unasked. */
  addFile(listener: (event: FileEvent) => void): number {
    this.#lastFile++
    this.#events.set(this.#lastFile, listener)
    return this.#lastFile
  }

  removeFile(file: number): void {
    this.#events.delete(file)
  }

  /** Calls `listener` when the thread ends although nobody asked it to; until the returned function is called. */
  onDeath(listener: (error: Error) => void): () => void {
    this.#deaths.add(listener)
    return () => void this.#deaths.delete(listener)
  }

  /** Rejects with a `ThreadFault` when the thread could not do it, else with a `RetryableError`. */
  request(job: Job): Promise<unknown> {
    if (this.#death !== undefined) return Promise.reject(threadGone(this.#death))
    const cost = job.bytes + requestBytes
    if (job.takes && this.#waitingBytes > 0 && this.#waitingBytes + cost > this.#maxWaitingBytes) {
      return Promise.reject(
        new RetryableError('STORAGE_BUSY', 'The storage gets data faster than the disk can take it.'),
      )
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ job, cost, resolve, reject })
      this.#waitingBytes += cost
      this.#schedule()
    })
  }

  /** Ends the thread at once; files that are open are safe, but will be checked when they are opened next. */
  async terminate(): Promise<void> {
    this.#closing = true
    await this.#worker.terminate()
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      this.#send()
    })
  }

  #send(): void {
    const batch = this.#takeBatch()
    if (batch.length === 0) return
    const total = batch.reduce((sum, { job }) => sum + job.bytes, 0)
    const buffer = total > 0 ? this.#pool.take(total) : undefined
    let offset = 0
    const copy: CopyBytes = (bytes) => {
      if (buffer === undefined || bytes.length === 0) return new Uint8Array()
      const target = new Uint8Array(buffer, offset, bytes.length)
      target.set(bytes)
      offset += bytes.length
      return target
    }
    const requests = batch.map((waiting): Request => {
      const id = ++this.#lastId
      this.#running.set(id, waiting)
      return { id, ...waiting.job.build(copy) }
    })
    const message: ToThread = { requests, ...(buffer === undefined ? {} : { buffer }) }
    this.#worker.postMessage(message, buffer === undefined ? [] : [buffer])
  }

  /** What fits into the window; the first always does when nothing is under way. */
  #takeBatch(): readonly Waiting[] {
    let length = 0
    for (const { cost } of this.#waiting) {
      if (this.#runningBytes > 0 && this.#runningBytes + cost > this.#windowBytes) break
      this.#runningBytes += cost
      this.#waitingBytes -= cost
      length++
    }
    return this.#waiting.splice(0, length)
  }

  #receive({ answers, events, buffers }: FromThread): void {
    for (const buffer of buffers) this.#pool.give(buffer)
    for (const event of events) this.#events.get(event.file)?.(event)
    for (const answer of answers) this.#settle(answer)
    if (this.#waiting.length > 0) this.#schedule()
  }

  #settle(answer: Answer): void {
    const waiting = this.#running.get(answer.id)
    if (waiting === undefined) return
    this.#running.delete(answer.id)
    this.#runningBytes -= waiting.cost
    if ('fault' in answer) waiting.reject(new ThreadFault(answer.fault))
    else waiting.resolve(answer.result)
  }

  #die(cause: unknown): void {
    if (this.#death !== undefined) return
    this.#death = cause instanceof Error ? cause : new Error(messageOf(cause))
    const left = [...this.#running.values(), ...this.#waiting]
    this.#running.clear()
    this.#waiting = []
    this.#waitingBytes = 0
    this.#runningBytes = 0
    for (const { reject } of left) reject(threadGone(this.#death))
    if (this.#closing) return
    for (const listener of this.#deaths) listener(this.#death)
  }
}

/** What the thread answered instead of a result. */
export class ThreadFault extends Error {
  readonly fault: Fault

  constructor(fault: Fault) {
    super(fault.message)
    this.fault = fault
  }
}

/** An error for calls after the end of the thread. */
function threadGone(cause: Error): RetryableError {
  return new RetryableError('STORAGE_FAILED', 'The storage thread has ended.', { cause })
}
