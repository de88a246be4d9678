import { randomUUID } from 'node:crypto'

import type { CheckpointStore, EventHubConsumerClient } from '@azure/event-hubs'
import { messageOf, sleep, StartError, type Host } from '@spanloom/core'

import { tokensFor } from '../auth/tokens-for.ts'
import { hubTarget } from '../connection/hub-target.ts'
import type { HubConsumer, HubConsumerOptions } from '../consumer.ts'
import type { Ownership } from '../consuming/checkpoints.ts'
import { createHandover } from '../consuming/handover.ts'
import { createHealth, type Health } from '../consuming/health.ts'
import { openPlaces, type Places } from '../consuming/open-places.ts'
import { planClaims } from '../consuming/plan-claims.ts'
import { isNotFound, toHubError } from '../errors/hub-error.ts'
import type { HubConsumerConfig } from '../settings/consumer-settings.ts'
import { initialPosition } from '../settings/initial-position.ts'
import { untilAborted } from '../signals/until-aborted.ts'
import { consumerMetrics, type ConsumerMetrics } from '../telemetry/consumer-metrics.ts'
import { openAmqp, type AmqpHub } from './amqp-client.ts'
import { closeClient } from './close-client.ts'
import { PartitionReader, type ReaderOptions } from './partition-reader.ts'

/** Limit of one operation, in milliseconds; the SDK's own minute hides outages. */
const operationMs = 15_000
/** A start waits this long for the first word of the hub, to find out about settings that cannot work. */
const firstContactMs = 5_000
const defaultPrefetch = 300
/** The service answers fifty such questions in a second to all readers together. */
const endsPerRound = 16
/** Name of the reader of the list of partitions, in the health of the connection. */
const rounds = 'rounds'

/** Everything that lives from start to shutdown. */
interface Running {
  readonly hub: AmqpHub
  readonly client: EventHubConsumerClient
  readonly places: Places
  readonly metrics: ConsumerMetrics
  readonly health: Health
  readonly readerOptions: ReaderOptions
}

/** Reads a hub over AMQP with the SDK of Azure, sharing partitions and keeping checkpoints by ourselves. */
export class AmqpConsumer implements HubConsumer {
  readonly #options: HubConsumerOptions
  readonly #self = `spanloom-${randomUUID()}`
  readonly #readers = new Map<string, PartitionReader>()
  readonly #stop = new AbortController()
  #running: Running | undefined
  #loop: Promise<void> | undefined
  #seen = 0
  #turn = 0

  constructor(options: HubConsumerOptions) {
    this.#options = options
  }

  async start(host: Host): Promise<void> {
    if (this.#stop.signal.aborted) return
    const { config, telemetry, clock } = this.#options
    const target = hubTarget(config)
    const tokens = await tokensFor(target, clock)
    const places = await openPlaces({ ...this.#options, host, target, tokens })
    const hub = await openAmqp({
      target,
      config,
      timeoutMs: operationMs,
      identifier: this.#self,
      ...(tokens === undefined ? {} : { tokens }),
    }).catch(async (error: unknown) => {
      await places.close()
      throw error
    })
    const client = hub.consumer(config.group, places.ownerships ? passiveStore : undefined)
    const metrics = consumerMetrics(telemetry.meter, target.hub)
    const health = createHealth(telemetry)
    const readerOptions = this.#readerOptions({ hub, client, places, metrics, health })
    this.#running = { hub, client, places, metrics, health, readerOptions }
    metrics.watch(
      () => this.#readers.size,
      () => [...this.#readers.values()].map((reader) => [reader.partitionId, reader.checkpointAge] as const),
    )
    await this.#firstContact(this.#running)
    this.#loop = this.#run(this.#running)
  }

  async shutdown(signal: AbortSignal): Promise<void> {
    this.#stop.abort(new Error('The consumer is shutting down.'))
    const running = this.#running
    this.#running = undefined
    if (running === undefined) return
    await untilAborted(this.#loop, signal)
    const owned = [...this.#readers.keys()]
    await Promise.all([...this.#readers.values()].map((reader) => reader.close(signal)))
    this.#readers.clear()
    await untilAborted(this.#giveBack(running, owned), signal)
    await closeClient(running.client, running.hub.sockets, signal)
    await running.places.close()
  }

  #readerOptions({ hub, client, places, metrics, health }: Omit<Running, 'readerOptions'>): ReaderOptions {
    const { config, telemetry, clock, onEvents } = this.#options
    const { offset, prefetch_count: prefetch, max_poll_events: batchSize } = config
    const initial = initialPosition(config.initial_position)
    return {
      client,
      sockets: hub.sockets,
      checkpoints: places.checkpoints,
      handover: createHandover(onEvents, telemetry, clock),
      health,
      metrics,
      clock,
      logger: telemetry.logger,
      initial:
        offset !== undefined
          ? { kind: 'offset', offset }
          : typeof initial === 'string'
            ? { kind: 'earliest' }
            : initial,
      batchSize,
      prefetch: prefetch === 0 ? defaultPrefetch : Math.max(prefetch, batchSize),
      maxWaitSeconds: config.poll_rate,
      checkpointIntervalMs: config.checkpoint_interval,
      maxTraceMs: config.max_trace_duration,
      onLost: (partitionId) => this.#lost(partitionId),
    }
  }

  /** Asks for the partitions once. Only a hub that does not exist stops the start; all else may mend itself. */
  async #firstContact(running: Running): Promise<void> {
    const { clock } = this.#options
    try {
      await Promise.race([this.#partitionIds(running), sleep(clock, firstContactMs, this.#stop.signal)])
    } catch (error) {
      const fault = toHubError(error)
      if (!isNotFound(fault)) {
        if (!this.#stop.signal.aborted) running.health.failed(rounds, fault)
        return
      }
      await this.shutdown(AbortSignal.timeout(firstContactMs))
      throw new StartError(fault.code, fault.message, {
        cause: fault,
        ...(fault.hint ? { hint: fault.hint } : {}),
      })
    }
  }

  async #run(running: Running): Promise<void> {
    const { signal } = this.#stop
    const { config, clock } = this.#options
    let failures = 0
    while (!signal.aborted) {
      try {
        await this.#round(running, config)
        running.health.works(rounds)
        failures = 0
        void this.#lookAtEnds(running)
      } catch (error) {
        if (signal.aborted) return
        running.health.failed(rounds, toHubError(error))
        failures++
      }
      this.#countReconnects(running)
      const { update_interval: interval } = config.load_balancing
      // Until the first success there is nothing to spare; then one look in each interval is enough.
      const waitMs = failures === 0 ? interval : Math.min(interval, 100 * 2 ** Math.min(failures, 10))
      await sleep(clock, waitMs, signal).catch(() => undefined)
    }
  }

  async #round(running: Running, config: HubConsumerConfig): Promise<void> {
    const { ownerships } = running.places
    const partitionIds =
      config.partition === undefined ? await this.#partitionIds(running) : [config.partition]
    if (ownerships === undefined) {
      for (const id of partitionIds) this.#read(id, running)
      return
    }
    const { records, nowMs } = await ownerships.list()
    for (const { partitionId, ownerId } of records) if (ownerId !== this.#self) this.#lose(partitionId)
    const { strategy, ownership_expiration: expirationMs } = config.load_balancing
    const situation = { self: this.#self, strategy, partitionIds, records, nowMs, expirationMs }
    const { renew, take } = planClaims({ ...situation, random: Math.random })
    const etags = new Map(records.map((record) => [record.partitionId, record.etag]))
    await Promise.all([...renew, ...take].map((id) => this.#claim(id, etags.get(id), running)))
  }

  /** Asks for the ends of some partitions, which is cheaper than having each event tell; the others are next. */
  async #lookAtEnds({ hub, client, metrics }: Running): Promise<void> {
    const ids = [...this.#readers.keys()]
    const some = Array.from(
      { length: Math.min(endsPerRound, ids.length) },
      () => ids[this.#turn++ % ids.length] ?? '',
    )
    const abortSignal = this.#stop.signal
    const ends = await Promise.allSettled(
      some.map((id) => hub.sockets.run(() => client.getPartitionProperties(id, { abortSignal }))),
    )
    for (const end of ends)
      if (end.status === 'fulfilled' && this.#readers.has(end.value.partitionId))
        metrics.end(end.value.partitionId, {
          sequenceNumber: end.value.lastEnqueuedSequenceNumber,
          enqueuedTime: end.value.lastEnqueuedOnUtc.getTime(),
        })
  }

  async #claim(partitionId: string, etag: string | undefined, running: Running): Promise<void> {
    const claimed: Ownership | undefined = await running.places.ownerships?.claim(
      partitionId,
      this.#self,
      etag,
    )
    if (claimed === undefined) this.#lose(partitionId)
    else if (!this.#stop.signal.aborted) this.#read(partitionId, running)
  }

  #read(partitionId: string, { readerOptions }: Running): void {
    if (this.#readers.has(partitionId) || this.#stop.signal.aborted) return
    const reader = new PartitionReader(partitionId, readerOptions)
    this.#readers.set(partitionId, reader)
    reader.start()
  }

  /** Somebody else has the partition by the record. */
  #lose(partitionId: string): void {
    this.#readers.get(partitionId)?.lose()
    this.#lost(partitionId)
  }

  #lost(partitionId: string): void {
    const reader = this.#readers.get(partitionId)
    if (reader === undefined) return
    this.#readers.delete(partitionId)
    this.#running?.metrics.forget(partitionId)
    this.#options.telemetry.logger.info('Another reader took a partition.', {
      'messaging.destination.partition.id': partitionId,
    })
    // Alone, nobody else can be ahead: what is safe is remembered, and the next round reads on.
    if (this.#running?.places.ownerships === undefined) void reader.close(AbortSignal.timeout(operationMs))
    else reader.lose()
  }

  async #giveBack({ places }: Running, partitionIds: readonly string[]): Promise<void> {
    const { ownerships } = places
    if (ownerships === undefined || partitionIds.length === 0) return
    try {
      const { records } = await ownerships.list()
      const own = records.filter(({ ownerId }) => ownerId === this.#self)
      await Promise.all(own.map(({ partitionId, etag }) => ownerships.claim(partitionId, '', etag)))
    } catch (error) {
      this.#options.telemetry.logger.warn(
        'Partitions could not be given back; others wait for them to expire.',
        {
          reason: messageOf(error),
        },
      )
    }
  }

  async #partitionIds({ hub, client }: Running): Promise<readonly string[]> {
    return await hub.sockets.run(() => client.getPartitionIds({ abortSignal: this.#stop.signal }))
  }

  #countReconnects({ hub, metrics }: Running): void {
    for (; this.#seen > 0 && this.#seen < hub.sockets.opened; this.#seen++) metrics.reconnected()
    this.#seen = hub.sockets.opened
  }
}

/**
 * With a store, the SDK attaches its readers so that a second one of a partition sends the first one away
 * (`eventhubs.md` section 4.2). That is all this one is for.
 */
const passiveStore: CheckpointStore = {
  listOwnership: () => Promise.resolve([]),
  claimOwnership: () => Promise.resolve([]),
  updateCheckpoint: () => Promise.resolve(),
  listCheckpoints: () => Promise.resolve([]),
}
