import { randomUUID } from 'node:crypto'

import type { Consumer, MessagesStream } from '@platformatic/kafka'
import { sleep, type Host } from '@spanloom/core'

import { tokensFor } from '../auth/tokens-for.ts'
import { hubTarget } from '../connection/hub-target.ts'
import type { HubConsumer, HubConsumerOptions } from '../consumer.ts'
import { createHandover, type Handover } from '../consuming/handover.ts'
import { createHealth, type Health } from '../consuming/health.ts'
import { toHubError } from '../errors/hub-error.ts'
import { untilAborted } from '../signals/until-aborted.ts'
import { consumerMetrics, type ConsumerMetrics } from '../telemetry/consumer-metrics.ts'
import { kafkaClientOptions, loadKafka, type KafkaLibrary } from './kafka-client.ts'
import { fromKafkaMessage } from './kafka-event.ts'
import { KafkaPartition } from './kafka-partition.ts'

type ClientOptions = Awaited<ReturnType<typeof kafkaClientOptions>>

/** Everything that lives from start to shutdown. */
interface Running {
  readonly library: KafkaLibrary
  readonly clientOptions: ClientOptions
  readonly topic: string
  readonly metrics: ConsumerMetrics
  readonly health: Health
  readonly handover: Handover
}

const operationMs = 15_000
const sessionMs = 30_000
const heartbeatMs = 3_000
/** How long the hub may wait with an answer when there is nothing new; a shutdown may have to wait as long. */
const fetchWaitMs = 500
const defaultPrefetch = 300
const longestWaitMs = 30_000
/** Name of the connection in the health of the consumer. */
const session = 'session'

/** Reads a hub over its Kafka endpoint; the service shares partitions among a group and keeps its offsets. */
export class KafkaConsumer implements HubConsumer {
  readonly #options: HubConsumerOptions
  readonly #stop = new AbortController()
  readonly #partitions = new Map<string, KafkaPartition>()
  #running: Promise<void> | undefined
  #limit: AbortSignal | undefined

  constructor(options: HubConsumerOptions) {
    this.#options = options
  }

  async start(_host: Host): Promise<void> {
    if (this.#stop.signal.aborted) return
    const { config, telemetry, clock, onEvents } = this.#options
    const target = hubTarget(config)
    const tokens = await tokensFor(target, clock)
    const common = { target, config, timeoutMs: operationMs, ...(tokens === undefined ? {} : { tokens }) }
    const metrics = consumerMetrics(telemetry.meter, target.hub)
    metrics.watch(
      () => this.#partitions.size,
      () => [...this.#partitions].map(([id, partition]) => [id, partition.checkpointAge] as const),
    )
    this.#running = this.#run({
      library: await loadKafka(),
      clientOptions: await kafkaClientOptions(common, `spanloom-${randomUUID()}`),
      topic: target.hub,
      metrics,
      health: createHealth(telemetry),
      handover: createHandover(onEvents, telemetry, clock),
    })
  }

  async shutdown(signal: AbortSignal): Promise<void> {
    this.#limit ??= signal
    this.#stop.abort(new Error('The consumer is shutting down.'))
    await untilAborted(this.#running, signal)
  }

  /** One session after the other until the shutdown; after a fault the next one begins at the committed offsets. */
  async #run(running: Running): Promise<void> {
    const { signal } = this.#stop
    for (let failures = 0; !signal.aborted; failures++) {
      try {
        await this.#session(running, () => {
          failures = 0
        })
      } catch (error) {
        if (signal.aborted) return
        running.health.failed(session, toHubError(error))
      }
      if (signal.aborted) return
      running.metrics.reconnected()
      const waitMs = Math.min(200 * 2 ** Math.min(failures, 10), longestWaitMs)
      await sleep(this.#options.clock, waitMs, signal).catch(() => undefined)
    }
  }

  async #session(running: Running, onWorks: () => void): Promise<void> {
    const { library, clientOptions, topic } = running
    const { config } = this.#options
    const consumer: Consumer = new library.Consumer({
      ...clientOptions,
      groupId: config.group,
      sessionTimeout: sessionMs,
      heartbeatInterval: heartbeatMs,
      maxWaitTime: fetchWaitMs,
    })
    // A client that reports a fault to nobody would end the process.
    consumer.on('error', () => undefined)
    try {
      const stream = await untilAborted(
        consumer.consume({
          topics: [topic],
          mode: 'committed',
          fallbackMode: config.initial_position === 'latest' ? 'latest' : 'earliest',
          autocommit: false,
          highWaterMark: config.max_poll_events,
        }),
        this.#stop.signal,
      )
      if (stream !== undefined) await this.#read(running, consumer, stream, onWorks)
    } finally {
      const limit = this.#limit ?? AbortSignal.timeout(operationMs)
      await untilAborted(
        consumer.close(true).catch(() => undefined),
        limit,
      )
    }
  }

  async #read(
    running: Running,
    consumer: Consumer,
    stream: MessagesStream<Buffer, Buffer, Buffer, Buffer>,
    onWorks: () => void,
  ): Promise<void> {
    const ended = Promise.withResolvers<void>()
    const works = (): void => {
      running.health.works(session)
      onWorks()
    }
    const onJoin = (): void => this.#drop((id) => !isAssigned(consumer, running.topic, id))
    consumer.on('consumer:group:join', onJoin)
    stream.on('fetch', works)
    stream.on('error', (error) => ended.reject(error))
    stream.on('close', () => ended.resolve())
    stream.on('data', (message) => {
      const event = fromKafkaMessage(message)
      const partition = this.#partitionOf(event.partitionId, running, consumer, stream)
      partition.queue.add(event)
      // One full partition stops all: the library has one stream for them.
      if (partition.queue.full) stream.pause()
    })
    try {
      await untilAborted(ended.promise, this.#stop.signal)
      if (this.#stop.signal.aborted) {
        const limit = this.#limit ?? AbortSignal.timeout(operationMs)
        await Promise.all([...this.#partitions.values()].map((partition) => partition.close(limit)))
      }
    } finally {
      ended.promise.catch(() => undefined)
      consumer.removeListener('consumer:group:join', onJoin)
      this.#drop(() => true)
      await stream.close().catch(() => undefined)
    }
  }

  #partitionOf(
    id: string,
    { topic, metrics, handover }: Running,
    consumer: Consumer,
    stream: MessagesStream<Buffer, Buffer, Buffer, Buffer>,
  ): KafkaPartition {
    const known = this.#partitions.get(id)
    if (known !== undefined) return known
    const { config, clock, telemetry } = this.#options
    const { prefetch_count: prefetch, max_poll_events: batchSize } = config
    const options = {
      handover,
      metrics,
      clock,
      logger: telemetry.logger,
      batchSize,
      prefetch: prefetch === 0 ? defaultPrefetch : Math.max(prefetch, batchSize),
      intervalMs: config.checkpoint_interval,
      checkpoints: {
        read: () => Promise.resolve(undefined),
        write: (_id: string, { sequenceNumber }: { readonly sequenceNumber: number }) =>
          // What is committed is the next one to read.
          consumer.commit({
            offsets: [{ topic, partition: Number(id), offset: BigInt(sequenceNumber) + 1n, leaderEpoch: -1 }],
          }),
      },
    }
    const partition = new KafkaPartition(id, options, () => {
      if (![...this.#partitions.values()].some(({ queue }) => queue.full)) stream.resume()
    })
    this.#partitions.set(id, partition)
    return partition
  }

  #drop(isGone: (partitionId: string) => boolean): void {
    for (const [id, partition] of this.#partitions) {
      if (!isGone(id)) continue
      partition.lose()
      this.#partitions.delete(id)
    }
  }
}

function isAssigned(consumer: Consumer, topic: string, partitionId: string): boolean {
  return (consumer.assignments ?? []).some(
    (assignment) => assignment.topic === topic && assignment.partitions.includes(Number(partitionId)),
  )
}
