import type { Clock } from '../clock/clock.ts'
import type { QueueStats, QueueStore } from '../storage/storage.ts'
import { Backlog } from './backlog.ts'
import type { Sizer } from './check-settings.ts'
import type { QueueSpace } from './queue-space.ts'
import { encodeAttributes, type RecordAttributes } from './record-attributes.ts'
import { sizeOfRecord, type StoredEntry } from './stored-entry.ts'

/** A request whose body is final. */
export interface FinalRequest extends Pick<StoredEntry, 'startedAt'> {
  readonly body: Uint8Array
  readonly items: number
  readonly attributes: RecordAttributes
  /** How long it is not to be sent. Default: not at all. */
  readonly delayMs?: number
}

export interface StoredQueueOptions {
  readonly store: QueueStore
  /** What the store held when it was opened. */
  readonly found: QueueStats
  readonly sizer: Sizer
  readonly space: QueueSpace
  readonly clock: Clock
  readonly onChange: () => void
  readonly onFault: (error: unknown) => void
}

/** The requests of one exporter in its store, and how many spans and how much room they take. */
export class StoredQueue {
  readonly backlog: Backlog
  readonly #options: StoredQueueOptions
  #spans: number
  #requests: number
  /** Ends when all earlier requests are stored or refused. */
  #turn: Promise<unknown> = Promise.resolve()

  constructor(options: StoredQueueOptions) {
    const { store, found, sizer, space, clock, onChange, onFault } = options
    this.#options = options
    this.#spans = found.pendingItems
    this.#requests = found.pending
    const size = { requests: found.pending, items: found.pendingItems, bytes: found.pendingBytes }
    space.occupy(size[sizer])
    this.backlog = new Backlog({ store, sizer, clock, onChange, onFault }, found.pending > 0)
  }

  get spanCount(): number {
    return this.#spans
  }

  get requestCount(): number {
    return this.#requests
  }

  /** Resolves once the request is on disk (EXP-40); rejects when it is not. */
  async keep({ body, items, attributes, delayMs = 0, startedAt }: FinalRequest): Promise<void> {
    const { store, sizer, space, clock } = this.#options
    const encoded = encodeAttributes(attributes)
    const appending = store.append([
      {
        destination: 0,
        body,
        items,
        ...(encoded === undefined ? {} : { attributes: encoded }),
        ...(delayMs > 0 ? { dueMs: clock.now() + delayMs } : {}),
      },
    ])
    const earlier = this.#turn
    this.#turn = Promise.allSettled([earlier, appending])
    const [id] = await appending
    if (id === undefined) throw new TypeError('The store gave the request no id.')
    const size = sizeOfRecord({ items, bytes: body.length }, sizer)
    space.occupy(size)
    this.#spans += items
    this.#requests++
    await earlier
    this.backlog.add({
      id,
      items,
      size,
      attempts: attributes.attempts ?? 0,
      ...(startedAt === undefined ? {} : { startedAt }),
      dueAt: delayMs > 0 ? clock.monotonic() + delayMs : 0,
      attributes,
      body: delayMs > 0 ? undefined : body,
    })
  }

  /** An entry holds no place any more. */
  leave({ size, items }: StoredEntry): void {
    this.#spans -= items
    this.#requests--
    this.#options.space.release(size)
  }
}
