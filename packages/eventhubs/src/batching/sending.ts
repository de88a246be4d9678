import { isPermanent, PermanentError, type Clock } from '@spanloom/core'

import { toHubError } from '../errors/hub-error.ts'
import type { OutgoingEvent } from '../event.ts'
import type { ProducerMetrics } from '../telemetry/producer-metrics.ts'
import type { BatchSender, Destination, OpenBatch } from './batch-sender.ts'
import { createLanes, type Lanes } from './lanes.ts'
import { laneOf, routesOf, type Route } from './routes.ts'
import { createSlots, type Slots } from './slots.ts'

/** How events become batches. */
export interface SendingOptions {
  readonly sender: BatchSender
  readonly partitionAssignment: 'service' | 'client'
  /** Size up to which events are joined, in bytes. */
  readonly batchSize: number
  /** Largest batch in bytes; 0 means what the hub allows. */
  readonly maxMessageSize: number
  readonly maxInFlight: number
  readonly metrics: ProducerMetrics
  readonly clock: Pick<Clock, 'monotonic'>
}

/** Batch envelope, annotations with the longest key, and the section around the body, with room to spare. */
const envelopeBytes = 1_024

/** Packs events into batches and sends several at once, in order where order was asked for. */
export class Sending {
  readonly #options: SendingOptions
  readonly #lanes: Lanes = createLanes()
  readonly #slots: Slots
  #partitionIds: readonly string[] | undefined

  constructor(options: SendingOptions) {
    this.#options = options
    this.#slots = createSlots(options.maxInFlight)
    options.metrics.inFlight(() => this.#slots.taken)
  }

  /** See `HubProducer.maxEventSize`. */
  async maxEventSize(): Promise<number> {
    try {
      return Math.max(1, (await this.#limit()) - envelopeBytes)
    } catch (error) {
      throw toHubError(error)
    }
  }

  /** See `HubProducer.send`. */
  async send(events: readonly OutgoingEvent[], signal: AbortSignal): Promise<void> {
    if (events.length === 0) return
    const run = new AbortController()
    const stop = AbortSignal.any([signal, run.signal])
    const failures: Error[] = []
    const guard = async (work: Promise<void>): Promise<void> => {
      try {
        await work
      } catch (error) {
        failures.push(toHubError(signal.aborted ? signal.reason : error))
        // What comes after the failed batch must not overtake it.
        run.abort(failures[0])
      }
    }
    await guard(this.#sendRoutes(events, stop, guard))
    const worst = failures.find((error) => !isPermanent(error)) ?? failures[0]
    if (worst !== undefined) throw signal.aborted ? signal.reason : worst
  }

  async #sendRoutes(
    events: readonly OutgoingEvent[],
    signal: AbortSignal,
    guard: (work: Promise<void>) => Promise<void>,
  ): Promise<void> {
    const limit = await this.#limit(signal)
    const routes = routesOf(events, await this.#assignedPartitions(signal))
    await Promise.all(
      routes.map((route) =>
        route.destination.kind === 'any'
          ? this.#sendParallel(route, limit, signal, guard)
          : guard(this.#lanes.run(laneOf(route.destination), () => this.#sendInOrder(route, limit, signal))),
      ),
    )
  }

  async #sendInOrder({ destination, events }: Route, limit: number, signal: AbortSignal): Promise<void> {
    for (let next = 0; next < events.length;) {
      const free = await this.#slots.take(signal)
      try {
        const batch = await this.#fill(destination, events, next, limit, signal)
        next += batch.count
        await this.#sendBatch(batch, signal)
      } finally {
        free()
      }
    }
  }

  async #sendParallel(
    { destination, events }: Route,
    limit: number,
    signal: AbortSignal,
    guard: (work: Promise<void>) => Promise<void>,
  ): Promise<void> {
    const pending: Promise<void>[] = []
    for (let next = 0; next < events.length;) {
      let free: (() => void) | undefined
      try {
        free = await this.#slots.take(signal)
        const batch = await this.#fill(destination, events, next, limit, signal)
        next += batch.count
        pending.push(guard(this.#sendBatch(batch, signal).finally(free)))
      } catch (error) {
        free?.()
        pending.push(guard(Promise.reject(toHubError(error))))
        break
      }
    }
    await Promise.all(pending)
  }

  /** A batch of at least one event, from the one at `from` on. */
  async #fill(
    destination: Destination,
    events: readonly OutgoingEvent[],
    from: number,
    limit: number,
    signal: AbortSignal,
  ): Promise<OpenBatch> {
    const { sender, batchSize } = this.#options
    let batch = await sender.begin(destination, Math.min(batchSize, limit), signal)
    let next = from
    for (let event = events[next]; event !== undefined && batch.tryAdd(event); event = events[next]) next++
    const first = events[from]
    if (batch.count > 0 || first === undefined) return batch
    // Larger than what events are joined to; alone it may still fit.
    batch = await sender.begin(destination, limit, signal)
    if (batch.tryAdd(first)) return batch
    throw new PermanentError(
      'EVENT_TOO_LARGE',
      `An event of ${first.body.byteLength} bytes is larger than the ${limit} bytes that the event hub takes.`,
      { grpcStatus: 3 },
    )
  }

  async #sendBatch(batch: OpenBatch, signal: AbortSignal): Promise<void> {
    const { metrics, clock } = this.#options
    const begin = clock.monotonic()
    try {
      await batch.send(signal)
    } catch (error) {
      const failure = toHubError(error)
      if (!signal.aborted) metrics.failed(failure)
      throw failure
    }
    metrics.sent(batch.count, batch.bytes, clock.monotonic() - begin)
  }

  async #limit(signal?: AbortSignal): Promise<number> {
    const { sender, maxMessageSize } = this.#options
    const limit = await sender.limit(signal)
    return maxMessageSize > 0 ? Math.min(limit, maxMessageSize) : limit
  }

  async #assignedPartitions(signal: AbortSignal): Promise<readonly string[] | undefined> {
    const { sender, partitionAssignment } = this.#options
    if (partitionAssignment === 'service' && !sender.choosesPartition) return undefined
    this.#partitionIds ??= await sender.partitionIds(signal)
    return this.#partitionIds
  }
}
