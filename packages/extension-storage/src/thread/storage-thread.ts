import type { Clock } from '@spanloom/core'

import { faultOf } from '../database/fault.ts'
import { StoreFile } from '../database/store-file.ts'
import { FileLoop } from './file-loop.ts'
import { Maintenance } from './maintenance.ts'
import type { Answer, FileEvent, FileRequest, FromThread, OpenRequest, ToThread } from './messages.ts'
import { packed } from './packed.ts'

export interface StorageThreadOptions {
  readonly post: (message: FromThread, transfer: readonly ArrayBuffer[]) => void
  readonly clock: Clock
  /** Calls back once, after messages that have arrived were received. */
  readonly defer: (run: () => void) => void
}

/** A buffer of the main thread and how many requests still refer to it. */
interface Lease {
  readonly buffer: ArrayBuffer | undefined
  requests: number
}

interface OpenFile {
  readonly path: string
  readonly loop: FileLoop
  readonly maintenance: Maintenance
}

/** What runs in the storage thread: all files of the process, one transaction at a time. */
export class StorageThread {
  readonly #options: StorageThreadOptions
  readonly #files = new Map<number, OpenFile>()
  #deferred = false
  #answers: Answer[] = []
  #events: FileEvent[] = []
  #buffers: ArrayBuffer[] = []

  constructor(options: StorageThreadOptions) {
    this.#options = options
  }

  receive({ requests, buffer }: ToThread): void {
    const lease: Lease = { buffer, requests: requests.length }
    for (const request of requests) {
      const answer = (outcome: Outcome): void => this.#answer(request.id, outcome, lease)
      if (request.kind === 'open') answer(this.#open(request))
      else if (request.kind === 'close') answer(this.#close(request.file))
      else this.#call(request, answer)
    }
    this.#post()
  }

  #open({ file, options }: OpenRequest): Outcome {
    if ([...this.#files.values()].some(({ path }) => path === options.path)) {
      return { fault: { kind: 'foreign', message: 'It is open already.' } }
    }
    try {
      const store = new StoreFile(options, (fault) =>
        this.#events.push({ file, ...(fault === undefined ? {} : { fault }) }),
      )
      const { clock } = this.#options
      const loop = new FileLoop(store, clock, () => this.#wake())
      this.#files.set(file, {
        path: options.path,
        loop,
        maintenance: new Maintenance(clock, (idle) => {
          const isMore = store.maintain(loop.nowMs, idle)
          this.#post()
          return isMore
        }),
      })
      return { result: store.opened }
    } catch (error) {
      return { fault: faultOf(error) }
    }
  }

  #close(file: number): Outcome {
    const open = this.#files.get(file)
    open?.maintenance.stop()
    open?.loop.drain()
    open?.loop.file.close()
    this.#files.delete(file)
    return { result: undefined }
  }

  #call({ file, call, nowMs }: FileRequest, answer: (outcome: Outcome) => void): void {
    const open = this.#files.get(file)
    if (open === undefined) return answer({ fault: { kind: 'failed', message: 'The file is not open.' } })
    open.maintenance.active()
    open.loop.add({ call, nowMs, answer })
  }

  #wake(): void {
    if (this.#deferred) return
    this.#deferred = true
    this.#options.defer(() => this.#run())
  }

  /** One transaction of each file that has work; what arrives meanwhile becomes the next group. */
  #run(): void {
    this.#deferred = false
    for (const { loop } of this.#files.values()) {
      if (!loop.isReady) continue
      loop.runGroup()
      this.#post()
    }
    if ([...this.#files.values()].some(({ loop }) => loop.isReady)) this.#wake()
  }

  #answer(id: number, outcome: Outcome, lease: Lease): void {
    this.#answers.push({ id, ...outcome })
    lease.requests--
    if (lease.requests === 0 && lease.buffer !== undefined) this.#buffers.push(lease.buffer)
  }

  #post(): void {
    if (this.#answers.length + this.#events.length + this.#buffers.length === 0) return
    const { answers, transfer } = packed(this.#answers)
    const message = { answers, events: this.#events, buffers: this.#buffers }
    this.#answers = []
    this.#events = []
    this.#buffers = []
    this.#options.post(message, [...message.buffers, ...transfer])
  }
}

type Outcome =
  | Omit<Extract<Answer, { result: unknown }>, 'id'>
  | Omit<Extract<Answer, { fault: unknown }>, 'id'>
