import type { EventHubConsumerClient, EventPosition, ReceivedEventData } from '@azure/event-hubs'
import { sleep, type Clock, type Logger } from '@spanloom/core'

import { CheckpointWriter } from '../consuming/checkpoint-writer.ts'
import type { Checkpoints, Position } from '../consuming/checkpoints.ts'
import type { Handover } from '../consuming/handover.ts'
import type { Health } from '../consuming/health.ts'
import { hubErrorCode, toHubError } from '../errors/hub-error.ts'
import { SafeTrail } from '../replay/safe-trail.ts'
import type { InitialPosition } from '../settings/initial-position.ts'
import { untilAborted } from '../signals/until-aborted.ts'
import type { ConsumerMetrics } from '../telemetry/consumer-metrics.ts'
import { toReceivedEvent } from './received-event.ts'
import type { SocketWatch } from './socket-watch.ts'

/** What all readers of a consumer share. */
export interface ReaderOptions {
  readonly client: EventHubConsumerClient
  readonly sockets: SocketWatch
  readonly checkpoints: Checkpoints
  readonly handover: Handover
  readonly health: Health
  readonly metrics: ConsumerMetrics
  readonly clock: Clock
  readonly logger: Logger
  readonly initial: InitialPosition | { readonly kind: 'offset'; readonly offset: string }
  readonly batchSize: number
  readonly prefetch: number
  readonly maxWaitSeconds: number
  readonly checkpointIntervalMs: number
  /** How long a trace may take; the checkpoint stays twice as far behind. 0: not at all. */
  readonly maxTraceMs: number
  /** Another reader took the partition; called once, after the reader has ended. */
  readonly onLost: (partitionId: string) => void
}

const firstWaitMs = 100
const longestWaitMs = 30_000

/**
 * Reads one partition from its checkpoint on, through faults of all kinds, until it is closed or loses the partition.
 *
 * The handlers that the SDK calls never throw: an error there would stop the partition for a minute, or skip a batch
 * for good (`eventhubs.md` section 0.3).
 */
export class PartitionReader {
  readonly partitionId: string
  readonly #options: ReaderOptions
  readonly #writer: CheckpointWriter
  readonly #stop = new AbortController()
  readonly #gone = new AbortController()
  readonly #trail: SafeTrail | undefined
  #position: Position | undefined
  #resumed = false
  #handling: Promise<void> = Promise.resolve()
  #running: Promise<void> | undefined
  #waitMs = firstWaitMs

  constructor(partitionId: string, options: ReaderOptions) {
    const { checkpoints, clock, logger, checkpointIntervalMs: intervalMs, maxTraceMs } = options
    this.partitionId = partitionId
    this.#options = options
    this.#trail = maxTraceMs > 0 ? new SafeTrail(maxTraceMs, clock) : undefined
    this.#writer = new CheckpointWriter({ partitionId, checkpoints, intervalMs, clock, logger })
  }

  /** Seconds for which something safe has not been written; 0 when nothing has. */
  get checkpointAge(): number {
    return this.#writer.behind ? (this.#options.clock.monotonic() - this.#writer.writtenAt) / 1000 : 0
  }

  start(): void {
    this.#running ??= this.#run()
  }

  /** Stops reading, lets a batch that is being handed over arrive, and writes the checkpoint. */
  async close(giveUp: AbortSignal): Promise<void> {
    this.#stop.abort(new Error('The consumer is shutting down.'))
    await untilAborted(this.#handling, giveUp)
    this.#gone.abort(new Error('The consumer is shut down.'))
    await untilAborted(Promise.all([this.#running, this.#writer.close()]), giveUp)
    this.#writer.discard()
  }

  /** The partition belongs to somebody else: nothing is written any more. */
  lose(): void {
    this.#writer.discard()
    const lost = new Error('Another reader took the partition.')
    this.#gone.abort(lost)
    this.#stop.abort(lost)
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop
    try {
      while (!signal.aborted) {
        const outcome = await this.#subscribe()
        if (outcome === 'lost') {
          this.#options.health.works(this.partitionId)
          this.#options.onLost(this.partitionId)
          return
        }
        await this.#pause()
      }
    } catch {
      // Stopped while it waited.
    } finally {
      this.#options.health.works(this.partitionId)
    }
  }

  /** Waits, longer after each fault in a row; rejects when the reader stops. */
  async #pause(): Promise<void> {
    const waitMs = this.#waitMs
    this.#waitMs = Math.min(waitMs * 2, longestWaitMs)
    await sleep(this.#options.clock, waitMs, this.#stop.signal)
  }

  async #pauseOrStop(): Promise<void> {
    await Promise.allSettled([this.#pause()])
  }

  /** Reads until the SDK gives up, the partition is lost, or the reader is stopped. */
  async #subscribe(): Promise<'ended' | 'lost'> {
    const { client, sockets, batchSize, prefetch, maxWaitSeconds } = this.#options
    let startPosition: EventPosition
    try {
      startPosition = await this.#startPosition()
    } catch (error) {
      this.#failed(error)
      return 'ended'
    }
    if (this.#stop.signal.aborted) return 'ended'
    const ended = Promise.withResolvers<'ended' | 'lost'>()
    let over = false
    let lost = false
    const subscription = sockets.run(() =>
      client.subscribe(
        this.partitionId,
        {
          processEvents: (events) =>
            over || this.#stop.signal.aborted ? Promise.resolve() : sockets.outside(() => this.#take(events)),
          processError: async (error) => {
            if (over || this.#stop.signal.aborted) return
            if (hubErrorCode(error) === 'ReceiverDisconnectedError') lost = true
            else {
              this.#failed(error)
              // After an error that it can mend the SDK tries again at once; otherwise it ends, and we wait.
              if ('retryable' in error && error.retryable) await this.#pauseOrStop()
            }
          },
          processClose: () => {
            ended.resolve(lost ? 'lost' : 'ended')
            return Promise.resolve()
          },
        },
        {
          startPosition,
          maxBatchSize: batchSize,
          prefetchCount: prefetch,
          maxWaitTimeInSeconds: maxWaitSeconds,
          skipParsingBodyAsJson: true,
        },
      ),
    )
    const outcome = (await untilAborted(ended.promise, this.#stop.signal)) ?? 'ended'
    over = true
    // The SDK waits for ever when the connection is lost while it says goodbye.
    await untilAborted(Promise.allSettled([subscription.close()]), sockets.lost)
    return outcome
  }

  async #take(events: readonly ReceivedEventData[]): Promise<void> {
    const { handover, metrics, health } = this.#options
    const { partitionId } = this
    this.#waitMs = firstWaitMs
    health.works(partitionId)
    const batch = events.map((event) => toReceivedEvent(event, partitionId))
    const last = batch.at(-1)
    if (last === undefined) return
    const handling = handover
      .deliver(
        { partitionId, events: batch, signal: this.#gone.signal, resumed: this.#resumed },
        this.#stop.signal,
      )
      .then(() => {
        this.#position = last
        metrics.received(partitionId, batch)
        metrics.safe(partitionId, last)
        const safe = this.#trail === undefined ? last : this.#trail.passed(batch[0] ?? last, last)
        if (safe === undefined) return undefined
        return this.#writer.safe({ offset: safe.offset, sequenceNumber: safe.sequenceNumber })
      })
      // Stopped or lost: the batch is not safe, and whoever reads next gets it again.
      .catch(() => undefined)
    this.#handling = handling
    await handling
  }

  async #startPosition(): Promise<EventPosition> {
    const { checkpoints, initial, logger } = this.#options
    if (this.#position === undefined) {
      this.#position = await checkpoints.read(this.partitionId)
      this.#resumed = this.#position !== undefined
    }
    if (this.#position !== undefined) return { offset: this.#position.offset, isInclusive: false }
    logger.info('There is no checkpoint of the partition.', {
      'messaging.destination.partition.id': this.partitionId,
      start: initial.kind === 'time' ? new Date(initial.time).toISOString() : initial.kind,
    })
    switch (initial.kind) {
      case 'earliest':
        return { offset: '-1' }
      case 'latest':
        return { offset: '@latest' }
      case 'offset':
        return { offset: initial.offset, isInclusive: false }
      case 'time':
        return { enqueuedOn: new Date(initial.time) }
    }
  }

  #failed(error: unknown): void {
    this.#options.health.failed(this.partitionId, toHubError(error))
  }
}
