import {
  type Component,
  type ConsumeContext,
  createAddressGuard,
  type ExporterOptions,
  exporterMetrics,
  findStorage,
  headerEntries,
  type Host,
  loadClientTls,
  LogThrottle,
  type NewRecord,
  type OwnerStorage,
  type QueueRecord,
  type ResolveAll,
  ShutdownError,
  SpanloomError,
  type Traces,
  type TracesConsumer,
  userAgent,
} from '@spanloom/core'

import type { EndpointConfig, WebhookConfig } from './check-settings.ts'
import { deliveryCounters, type DeliveryCounters } from './counters.ts'
import { Backlog } from './outbox/backlog.ts'
import { deliveriesOf, formOf, type Subscriber } from './outbox/deliveries.ts'
import { assignDestinations } from './outbox/destinations.ts'
import { MemoryQueue, type OutboxStore } from './outbox/memory-queue.ts'
import { checkRoom } from './outbox/room.ts'
import { Endpoint, type EndpointEvents } from './sending/endpoint.ts'
import { createPoster, type Poster } from './sending/post.ts'
import { secretPrefix } from './sending/signature.ts'
import { Wellbeing } from './sending/wellbeing.ts'
import { compileSubscriptions } from './subscription/subscription.ts'

/** What the exporter takes from outside beside its options; for tests. */
export interface WebhookSurroundings {
  readonly random?: () => number
  readonly resolve?: ResolveAll
}

/** One endpoint while the exporter runs. */
interface Target extends Subscriber {
  readonly endpoint: Endpoint
  readonly poster: Poster
}

interface Running {
  readonly store: OutboxStore
  readonly storage: OwnerStorage | undefined
  readonly targets: readonly Target[]
  readonly hide: () => void
}

const pageLength = 500
const overflowDelayMs = 3_600_000

/**
 * Tells endpoints of spans that they subscribed to (`orchest.md` section 7): one delivery for each span and endpoint,
 * kept in the outbox before the span counts as taken, sent until the endpoint has it or the schedule is over.
 *
 * Accounting is in deliveries: a span that two endpoints want is one more, one that nobody wants is dropped.
 */
export class WebhookExporter implements Component, TracesConsumer {
  readonly #options: ExporterOptions<WebhookConfig>
  readonly #surroundings: WebhookSurroundings
  readonly #metrics: ReturnType<typeof exporterMetrics>
  readonly #counters: DeliveryCounters
  readonly #failures: LogThrottle
  #running: Running | undefined
  #stopped: Promise<void> | undefined
  readonly #wellbeing: Wellbeing
  readonly #backlog = new Backlog()
  /** The highest id that the store has given; what comes again has a lower one. */
  #lastId = 0

  constructor(options: ExporterOptions<WebhookConfig>, surroundings: WebhookSurroundings = {}) {
    this.#options = options
    this.#surroundings = surroundings
    this.#metrics = exporterMetrics(options.id, options.telemetry)
    this.#counters = deliveryCounters(options.id, options.telemetry)
    this.#failures = new LogThrottle(options.clock)
    this.#wellbeing = new Wellbeing(options.telemetry.status)
    options.telemetry.accounting.held(() => this.#backlog.total)
  }

  /** A reload enables endpoints again (WHX-10), so it must not keep this instance. */
  get isWorn(): boolean {
    return this.#wellbeing.hasDisabled
  }

  async start(host: Host): Promise<void> {
    const { id, config, clock, telemetry } = this.#options
    const { storage: name, fsync } = config
    const storage =
      name === undefined ? undefined : await findStorage(host, name).open({ kind: 'exporter', id, fsync })
    try {
      if (storage === undefined) {
        telemetry.logger.info('Without storage, notifications that were not delivered are lost at the end.')
      }
      const store = storage?.queue ?? new MemoryQueue(() => clock.now())
      const targets = await this.#makeTargets(store, storage)
      const hide = this.#counters.observe(() => this.#backlog.total)
      this.#running = { store, storage, targets, hide }
    } catch (error) {
      await storage?.close()
      throw error
    }
    for (const { endpoint } of this.#running.targets) endpoint.wake()
  }

  async consumeTraces(traces: Traces, _context: ConsumeContext): Promise<void> {
    if (this.#running === undefined) throw new ShutdownError()
    const { store, targets } = this.#running
    const { config } = this.#options
    const { records, unwanted, extra } = deliveriesOf(traces, targets, config.event_type_from)
    const overflow = this.#checkRoom(records, traces.spanCount)
    for (const { destination } of records) this.#backlog.add(destination)
    const ids = await this.#keep(store, records, overflow)
    const { accounting } = this.#options.telemetry
    if (unwanted > 0) accounting.dropped(unwanted, 'no_subscription')
    if (extra > 0) accounting.created(extra)
    for (const [at, record] of records.entries()) {
      const id = ids[at] ?? 0
      if (!this.#isNew(id)) {
        this.#backlog.remove(record.destination)
        accounting.merged(1)
      } else if (overflow.has(record)) this.#overflowed(id, record.destination)
    }
    for (const { endpoint } of targets) endpoint.wake()
  }

  /** Ends attempts on their way when `signal` aborts; what is stored stays there. */
  async shutdown(signal: AbortSignal): Promise<void> {
    this.#stopped ??= this.#stop(signal)
    await this.#stopped
  }

  async #stop(signal: AbortSignal): Promise<void> {
    const running = this.#running
    this.#running = undefined
    if (running === undefined) return
    const { targets, storage, hide } = running
    await Promise.all(targets.map(({ endpoint }) => endpoint.stop(signal)))
    await Promise.allSettled(targets.map(({ poster }) => poster.close()))
    hide()
    const { accounting, logger } = this.#options.telemetry
    const waiting = this.#backlog.total
    if (storage === undefined) {
      if (waiting > 0) {
        logger.error('Notifications were not delivered and are lost.', { deliveries: waiting })
        accounting.dropped(waiting, 'shutdown')
      }
    } else {
      if (waiting > 0) {
        logger.info('Notifications stay in storage until the next start.', { deliveries: waiting })
      }
      accounting.kept?.(waiting)
      await storage.close()
    }
    this.#backlog.clear()
  }

  /**
   * Deliveries for endpoints that have too many already. They are kept, but as dead letters, so that an endpoint that
   * is down holds up no other (WHX-11). Where there is no storage to keep them in, the sender has to.
   */
  #checkRoom(records: readonly NewRecord[], spans: number): ReadonlySet<NewRecord> {
    const { config } = this.#options
    if (config.storage !== undefined) return this.#backlog.overflow(records, config.queue_size)
    try {
      checkRoom(records.length, this.#backlog.total, config.queue_size)
    } catch (error) {
      this.#metrics.enqueueFailed(spans)
      throw error
    }
    return new Set()
  }

  async #keep(
    store: OutboxStore,
    records: readonly NewRecord[],
    overflow: ReadonlySet<NewRecord>,
  ): Promise<readonly number[]> {
    if (records.length === 0) return []
    // Until they are dead letters nobody should take them; after a crash in between they are sent a little later.
    const dueMs = this.#options.clock.now() + overflowDelayMs
    try {
      return await store.append(
        records.map((record) => (overflow.has(record) ? { ...record, dueMs } : record)),
      )
    } catch (error) {
      for (const { destination } of records) this.#backlog.remove(destination)
      this.#metrics.enqueueFailed(records.length)
      throw error
    }
  }

  #overflowed(id: number, destination: number): void {
    const target = this.#running?.targets.find((each) => each.destination === destination)
    if (this.#running === undefined || target === undefined) return
    const events = this.#eventsOf(target)
    const reason = `the endpoint has ${this.#options.config.queue_size} notifications waiting already`
    this.#running.store.dead(id, reason).then(
      () => events.dead(reason),
      (error: unknown) => events.fault(error),
    )
  }

  /** Ids rise in the order in which they are given. */
  #isNew(id: number): boolean {
    if (id <= this.#lastId) return false
    this.#lastId = id
    return true
  }

  async #makeTargets(store: OutboxStore, storage: OwnerStorage | undefined): Promise<readonly Target[]> {
    const { config, telemetry } = this.#options
    const names = config.endpoints.map(({ name }) => name)
    const { numberOf, former } =
      storage === undefined
        ? { numberOf: new Map(names.map((name, at) => [name, at + 1])), former: new Map<number, string>() }
        : await assignDestinations(names, storage.index)
    for (const [number, count] of await this.#recover(store)) {
      const name = former.get(number)
      if (name !== undefined) {
        telemetry.logger.warn('Notifications wait for an endpoint that is no longer configured.', {
          endpoint: name,
          deliveries: count,
        })
      }
    }
    return Promise.all(
      config.endpoints.map((endpoint) => this.#makeTarget(endpoint, numberOf.get(endpoint.name) ?? 0, store)),
    )
  }

  /** Counts what an earlier run has left, by endpoint. */
  async #recover(store: OutboxStore): Promise<ReadonlyMap<number, number>> {
    const counts = new Map<number, number>()
    let page: readonly QueueRecord[]
    for (let after = 0; (page = await store.pending(after, pageLength)).length > 0;) {
      for (const { id, destination } of page) {
        counts.set(destination, (counts.get(destination) ?? 0) + 1)
        this.#backlog.add(destination)
        after = id
      }
      this.#lastId = after
    }
    this.#options.telemetry.accounting.created(this.#backlog.total)
    return counts
  }

  async #makeTarget(config: EndpointConfig, destination: number, store: OutboxStore): Promise<Target> {
    const { clock, build, telemetry, config: all } = this.#options
    const { random = Math.random, resolve } = this.#surroundings
    const { name, secrets, headers, tls, max_in_flight, ordered, timeout, format } = config
    if (format !== 'orchest' && secrets.some((secret) => !secret.startsWith(secretPrefix))) {
      telemetry.logger.info(`A secret without ${secretPrefix} in front is used as it is, not as base64.`, {
        endpoint: name,
      })
    }
    const poster = createPoster({
      url: new URL(config.url),
      tls: await loadClientTls(tls),
      guard: createAddressGuard(all.allow_networks, resolve),
      timeoutMs: timeout,
      connections: max_in_flight,
      secrets: [...secrets, ...headerEntries(headers).map(([, value]) => value)],
    })
    const own = headerEntries(headers).map(([key, value]) => [key.toLowerCase(), value] as const)
    const endpoint = new Endpoint({
      destination,
      store,
      post: poster.post,
      sender: { secrets, headers: own, userAgent: userAgent(build) },
      retry: config.retry,
      maxInFlight: max_in_flight,
      ordered,
      failingForMs: config.disable_after.failing_for,
      clock,
      random,
      events: this.#eventsOf({ name, destination }),
    })
    const wants = compileSubscriptions(config.subscriptions)
    return { name, form: formOf(config), wants, destination, endpoint, poster }
  }

  #eventsOf({ name: endpoint, destination }: Pick<Target, 'name' | 'destination'>): EndpointEvents {
    const { logger, accounting } = this.#options.telemetry
    return {
      delivered: () => {
        this.#backlog.remove(destination)
        this.#metrics.sent(1)
        this.#counters.count(endpoint, 'delivered')
        this.#wellbeing.delivered(endpoint)
      },
      dead: (reason) => {
        this.#backlog.remove(destination)
        this.#counters.count(endpoint, 'dead')
        this.#metrics.sendFailed(1, new SpanloomError('DEAD_LETTER', reason))
        accounting.dropped(1, 'dead_letter')
        logger.error('A notification was given up.', { endpoint, reason })
      },
      failed: (failure, delayMs) => {
        this.#counters.count(endpoint, 'failed')
        this.#wellbeing.failed(endpoint)
        this.#failures.run(1, (suppressed) =>
          logger.warn('A notification was not taken and will be sent again.', {
            endpoint,
            reason: failure.reason,
            next: `${Math.round(delayMs / 1000)}s`,
            ...suppressed,
          }),
        )
      },
      disabled: (why) => {
        this.#wellbeing.disabled(endpoint, why)
        logger.error('Nothing is sent to the endpoint any more, until a reload.', { endpoint, reason: why })
      },
      fault: (error) => {
        this.#failures.run(1, (suppressed) =>
          logger.error('The outbox did not do what it should.', { endpoint, error, ...suppressed }),
        )
      },
    }
  }
}
