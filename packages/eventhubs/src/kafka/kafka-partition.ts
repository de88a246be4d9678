import type { Clock } from '@spanloom/core'

import { CheckpointWriter, type CheckpointWriterOptions } from '../consuming/checkpoint-writer.ts'
import type { Handover } from '../consuming/handover.ts'
import type { ReceivedEvent } from '../event.ts'
import { untilAborted } from '../signals/until-aborted.ts'
import type { ConsumerMetrics } from '../telemetry/consumer-metrics.ts'
import { PartitionQueue } from './partition-queue.ts'

/** What the partitions of a consumer share. */
export interface KafkaPartitionOptions extends Omit<CheckpointWriterOptions, 'partitionId'> {
  readonly handover: Handover
  readonly metrics: ConsumerMetrics
  readonly batchSize: number
  readonly prefetch: number
  readonly clock: Clock
}

/** Hands over the events of one partition, one batch after the other. */
export class KafkaPartition {
  readonly queue: PartitionQueue
  readonly #id: string
  readonly #options: KafkaPartitionOptions
  readonly #writer: CheckpointWriter
  readonly #stop = new AbortController()
  readonly #gone = new AbortController()
  readonly #onRoom: () => void
  readonly #running: Promise<void>

  constructor(partitionId: string, options: KafkaPartitionOptions, onRoom: () => void) {
    this.#id = partitionId
    this.#options = options
    this.#onRoom = onRoom
    this.queue = new PartitionQueue(options.prefetch)
    this.#writer = new CheckpointWriter({ ...options, partitionId })
    this.#running = this.#run()
  }

  /** Seconds for which something safe has not been committed; 0 when nothing has. */
  get checkpointAge(): number {
    return this.#writer.behind ? (this.#options.clock.monotonic() - this.#writer.writtenAt) / 1000 : 0
  }

  /** Lets a batch that is being handed over arrive, and commits. */
  async close(giveUp: AbortSignal): Promise<void> {
    this.#stop.abort(new Error('The consumer is shutting down.'))
    await untilAborted(this.#running, giveUp)
    this.#gone.abort(new Error('The consumer is shut down.'))
    await untilAborted(this.#writer.close(), giveUp)
    this.#writer.discard()
  }

  /** The partition belongs to another member of the group, or the group to another generation. */
  lose(): void {
    this.#writer.discard()
    const lost = new Error('Another reader took the partition.')
    this.#gone.abort(lost)
    this.#stop.abort(lost)
  }

  async #run(): Promise<void> {
    try {
      while (!this.#stop.signal.aborted) {
        const events = await this.queue.head(this.#options.batchSize, this.#stop.signal)
        await this.#handOver(events)
        this.queue.drop(events.length)
        this.#onRoom()
      }
    } catch {
      // Stopped or lost: what is not safe is read again by whoever comes next.
    }
  }

  async #handOver(events: readonly ReceivedEvent[]): Promise<void> {
    const { handover, metrics } = this.#options
    await handover.deliver({ partitionId: this.#id, events, signal: this.#gone.signal }, this.#stop.signal)
    const last = events.at(-1)
    if (last === undefined) return
    metrics.received(this.#id, events)
    metrics.safe(this.#id, last)
    await this.#writer.safe({ offset: last.offset, sequenceNumber: last.sequenceNumber })
  }
}
