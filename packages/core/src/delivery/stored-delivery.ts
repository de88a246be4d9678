import type { Clock } from '../clock/clock.ts'
import type { Host } from '../component/component.ts'
import type { ConsumeContext } from '../component/consumer.ts'
import { ShutdownError } from '../errors/errors.ts'
import type { OwnerStorage } from '../storage/storage.ts'
import type { ComponentTelemetry } from '../telemetry/component-telemetry.ts'
import type { Traces } from '../traces/traces.ts'
import { Brake } from './brake.ts'
import { DeadLetters, reviveFailedOnce } from './dead-letters.ts'
import { Dispatcher } from './dispatcher.ts'
import type { ExporterMetrics } from './exporter-metrics.ts'
import { findStorage } from './find-storage.ts'
import type { LossLog } from './loss-log.ts'
import { QueueSpace } from './queue-space.ts'
import { batcherOf } from './queueing.ts'
import type { RetrySettings } from './retry.ts'
import type { ExporterSender } from './sender.ts'
import type { QueueSettings } from './settings.ts'
import type { StopSwitch } from './stop-switch.ts'
import type { StoredEntry } from './stored-entry.ts'
import { StoredIntake } from './stored-intake.ts'
import { StoredQueue } from './stored-queue.ts'
import { StoredSending } from './stored-sending.ts'
import { storedTelemetry } from './stored-telemetry.ts'
import type { Attempt } from './timeout.ts'

export interface StoredDeliveryOptions {
  readonly id: string
  /** Id of the storage extension. */
  readonly storage: string
  readonly settings: QueueSettings
  readonly retry: RetrySettings | undefined
  readonly sender: Pick<ExporterSender, 'encode' | 'format'>
  readonly attempt: Attempt
  readonly clock: Clock
  /** From 0 (inclusive) to 1 (exclusive). */
  readonly random: () => number
  readonly telemetry: ComponentTelemetry
  readonly metrics: ExporterMetrics
  readonly losses: LossLog
  /** Stopped when shutdown begins. */
  readonly draining: StopSwitch
}

/** The parts that exist while the store is open. */
interface Running {
  readonly storage: OwnerStorage
  readonly queue: StoredQueue
  readonly intake: StoredIntake
  readonly dispatcher: Dispatcher
  readonly deadLetters: DeadLetters
  readonly hide: () => void
}

/**
 * The sending queue with `storage` (8.4): every request is on disk, as the final body, before its sender is answered,
 * and leaves when the destination took it or it was given up for good.
 */
export class StoredDelivery {
  readonly #options: StoredDeliveryOptions
  #running: Running | undefined

  constructor(options: StoredDeliveryOptions) {
    this.#options = options
  }

  /** Spans that are stored and not delivered; none while the store is closed. */
  get spanCount(): number {
    return this.#running?.queue.spanCount ?? 0
  }

  /**
   * Opens the store and begins to send what it holds. Never waits for room (EXP-45).
   *
   * @throws StartError when the storage is missing or cannot be opened.
   */
  async start(host: Host): Promise<void> {
    const { id, storage: name } = this.#options
    const storage = await findStorage(host, name).open({ kind: 'exporter', id })
    try {
      this.#running = await this.#run(storage)
    } catch (error) {
      await storage.close()
      throw error
    }
    this.#running.deadLetters.start()
    this.#running.dispatcher.start()
  }

  /** Resolves once `traces` are on disk. */
  async consume(traces: Traces, context: ConsumeContext): Promise<void> {
    if (this.#running === undefined) throw new ShutdownError()
    await this.#running.intake.offer(traces, context)
  }

  /** Begins no more attempts, waits for those on their way and closes the store with all that is in it (EXP-62). */
  async drain(): Promise<void> {
    if (this.#running === undefined) return
    const { storage, queue, intake, dispatcher, deadLetters, hide } = this.#running
    const idle = dispatcher.stop()
    queue.backlog.stop()
    await intake.close()
    await idle
    await deadLetters.stop()
    hide()
    const { requestCount: requests, spanCount: spans } = queue
    if (requests > 0)
      this.#options.telemetry.logger.info('Requests stay in storage until the next start.', {
        requests,
        spans,
      })
    this.#running = undefined
    this.#options.telemetry.accounting.kept?.(spans)
    await storage.close()
  }

  async #run(storage: OwnerStorage): Promise<Running> {
    const { id, settings, retry, sender, telemetry, clock, random, metrics } = this.#options
    const { queue: store } = storage
    const sizer = settings.sizer ?? 'requests'
    const told = storedTelemetry(id, telemetry, clock)
    const onFault = (error: unknown): void => told.fault(error)
    await reviveFailedOnce(store, clock.now())
    const found = await store.stats()
    told.recovered(found.pending, found.pendingItems)
    const space = new QueueSpace({
      capacity: settings.queue_size,
      blockOnOverflow: settings.block_on_overflow,
      random,
    })
    const queue: StoredQueue = new StoredQueue({
      store,
      found,
      sizer,
      space,
      clock,
      onFault,
      onChange: () => dispatcher.pump(),
    })
    const deadLetters = new DeadLetters(
      {
        store,
        settings: settings.dead_letters,
        clock,
        onFault,
        onRemoved: (requests) => told.removed(requests),
      },
      found.dead,
    )
    const sending = new StoredSending({
      ...this.#options,
      store,
      deadLetters,
      told,
      stopping: this.#options.draining,
      logger: telemetry.logger,
      leave: (entry) => queue.leave(entry),
      keepRest: (entry, rest, delayMs) => this.#keepRest(queue, entry, rest, delayMs),
    })
    const count = settings.num_consumers
    const dispatcher = new Dispatcher({
      backlog: queue.backlog,
      count,
      brake: retry?.enabled === true ? new Brake({ count, settings: retry, clock, random }) : undefined,
      clock,
      run: (entry) => sending.run(entry),
    })
    const intake = new StoredIntake({
      ...this.#options,
      sizer,
      space,
      sender,
      told,
      batcher: batcherOf(settings, clock),
      keep: (request) => queue.keep(request),
    })
    const hides = [metrics.observeQueue(space), told.observeDeadLetters(() => deadLetters.count)]
    const hide = (): void => hides.forEach((stop) => stop())
    return { storage, queue, intake, dispatcher, deadLetters, hide }
  }

  async #keepRest(queue: StoredQueue, entry: StoredEntry, rest: Traces, delayMs: number): Promise<void> {
    const { sender } = this.#options
    const { attempts, startedAt, attributes } = entry
    await queue.keep({
      body: await sender.encode(rest),
      items: rest.spanCount,
      attributes: { ...attributes, format: sender.format, attempts },
      delayMs,
      ...(startedAt === undefined ? {} : { startedAt }),
    })
  }
}
