import { sleep } from '@spanloom/core'

import type { HubConsumer, HubConsumerOptions } from '../consumer.ts'
import type { EventBatch, ReceivedEvent } from '../event.ts'

/** A partition in memory; what was not safe when a reader stopped is there for the next one. */
export class MemoryPartition {
  readonly #events: ReceivedEvent[] = []
  #wake: () => void = () => undefined
  /** Number of events that are safe. */
  checkpoint = 0
  /** Batches handed over, those handed over again included. */
  handed = 0

  /** Adds an event as the service would have stored it. */
  append(body: Uint8Array | string, more: Partial<ReceivedEvent> = {}): void {
    const sequenceNumber = this.#events.length
    this.#events.push({
      body: typeof body === 'string' ? Buffer.from(body) : body,
      partitionId: '0',
      sequenceNumber,
      offset: String(sequenceNumber),
      enqueuedTime: 1_793_000_000_000,
      properties: Object.create(null) as Record<string, unknown>,
      ...more,
    })
    this.#wake()
  }

  /** A consumer that hands over what is not safe yet, up to `max` events at a time. */
  consumer({ clock, onEvents }: Pick<HubConsumerOptions, 'clock' | 'onEvents'>, max = 100): HubConsumer {
    const stop = new AbortController()
    let running: Promise<void> | undefined
    return {
      start: () => {
        if (!stop.signal.aborted) running = this.#run(clock, onEvents, max, stop.signal)
        return Promise.resolve()
      },
      shutdown: async (limit) => {
        stop.abort()
        this.#wake()
        await Promise.race([running, new Promise((resolve) => limit.addEventListener('abort', resolve))])
      },
    }
  }

  async #run(
    clock: HubConsumerOptions['clock'],
    onEvents: (batch: EventBatch) => Promise<void>,
    max: number,
    signal: AbortSignal,
  ): Promise<void> {
    while (!signal.aborted) {
      const events = this.#events.slice(this.checkpoint, this.checkpoint + max)
      if (events.length === 0) {
        await new Promise<void>((resolve) => (this.#wake = resolve))
        continue
      }
      this.handed++
      try {
        await onEvents({ partitionId: '0', events, signal })
        this.checkpoint += events.length
      } catch {
        await sleep(clock, 1_000, signal).catch(() => undefined)
      }
    }
  }
}
