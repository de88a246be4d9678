import type { ReceivedEvent } from '../event.ts'

/** Events of one partition that wait for their hand-over. */
export class PartitionQueue {
  readonly #limit: number
  #events: ReceivedEvent[] = []
  #next = -1
  #arrived: PromiseWithResolvers<void> | undefined

  /** @param limit Number of events from which on no more should be fetched. */
  constructor(limit: number) {
    this.#limit = limit
  }

  get full(): boolean {
    return this.#events.length >= this.#limit
  }

  /** Adds an event unless it was there before: after a rebalance the library begins again at the commit. */
  add(event: ReceivedEvent): void {
    if (event.sequenceNumber < this.#next) return
    this.#next = event.sequenceNumber + 1
    this.#events.push(event)
    this.#arrived?.resolve()
  }

  /** The next events, at least one, without taking them; rejects when the signal aborts. */
  async head(count: number, signal: AbortSignal): Promise<readonly ReceivedEvent[]> {
    while (this.#events.length === 0) {
      signal.throwIfAborted()
      const arrived = Promise.withResolvers<void>()
      this.#arrived = arrived
      const onAbort = (): void => arrived.reject(signal.reason)
      signal.addEventListener('abort', onAbort, { once: true })
      await arrived.promise.finally(() => signal.removeEventListener('abort', onAbort))
    }
    return this.#events.slice(0, count)
  }

  /** The first `count` events are safe. */
  drop(count: number): void {
    this.#events = this.#events.slice(count)
  }
}
