import type { Clock } from '../clock/clock.ts'
import type { Component, Host } from '../component/component.ts'
import type { ConsumeContext, TracesConsumer } from '../component/consumer.ts'
import { ShutdownError } from '../errors/errors.ts'
import type { ComponentTelemetry } from '../telemetry/component-telemetry.ts'
import type { Traces } from '../traces/traces.ts'
import type { ReadyRequest } from './batcher.ts'
import { exporterMetrics, type ExporterMetrics } from './exporter-metrics.ts'
import { Handover } from './handover.ts'
import { LossLog } from './loss-log.ts'
import { observed } from './observed.ts'
import { createQueueing, type Queueing } from './queueing.ts'
import { withRetry, type SendRequest } from './retry.ts'
import type { ExporterSender } from './sender.ts'
import type { DeliveryConfig } from './settings.ts'
import { withStatus } from './status.ts'
import { StopSwitch } from './stop-switch.ts'
import { StoredDelivery } from './stored-delivery.ts'
import { withTimeout } from './timeout.ts'

/** What the layers around a sender need from outside. */
export interface DeliveredExporterOptions {
  readonly id: string
  readonly telemetry: ComponentTelemetry
  readonly clock: Clock
  /** From 0 (inclusive) to 1 (exclusive). Default `Math.random`. */
  readonly random?: () => number
}

/**
 * An exporter around a sender: queue and batching, then own telemetry, retry, status, timeout, then the
 * sender itself (section 8).
 */
export class DeliveredExporter implements Component, TracesConsumer {
  readonly #sender: ExporterSender
  readonly #metrics: ExporterMetrics
  readonly #losses: LossLog
  readonly #send: SendRequest
  readonly #queueing: Queueing | undefined
  /** Instead of `#queueing` where the queue has a storage. */
  readonly #stored: StoredDelivery | undefined
  readonly #waitForResult: boolean
  /** Calls without a queue that are on their way. */
  readonly #direct = new Set<Promise<void>>()
  readonly #handover = new Handover()
  /** Ends waits between attempts. */
  readonly #draining = new StopSwitch()
  /** Ends attempts too. */
  readonly #over = new StopSwitch()
  #hideQueue: () => void = () => undefined
  #shutdown: Promise<void> | undefined

  constructor(sender: ExporterSender, config: DeliveryConfig, options: DeliveredExporterOptions) {
    const { id, telemetry, clock, random = Math.random } = options
    this.#sender = sender
    this.#metrics = exporterMetrics(id, telemetry, sender.metricAttributes)
    this.#losses = new LossLog(telemetry, clock)
    const attempt = withTimeout((body, context) => sender.send(body, context), {
      timeoutMs: config.timeout,
      clock,
      over: this.#over,
    })
    const retrying = withRetry((traces) => sender.encode(traces), withStatus(attempt, telemetry.status), {
      settings: config.retry_on_failure,
      clock,
      random,
      logger: telemetry.logger,
      draining: this.#draining,
    })
    this.#send = observed(retrying, this.#metrics, this.#losses, async ({ reason, rest }, delivery) =>
      reason === 'shutdown' && rest !== undefined ? this.#handover.leave(rest, delivery) : false,
    )
    this.#waitForResult = config.sending_queue?.wait_for_result ?? false
    const storage = config.sending_queue?.storage
    if (config.sending_queue && storage === undefined)
      this.#queueing = createQueueing(config.sending_queue, {
        clock,
        random,
        send: (request) => this.#sendQueued(request),
      })
    if (config.sending_queue && storage !== undefined)
      this.#stored = new StoredDelivery({
        id,
        storage,
        settings: config.sending_queue,
        retry: config.retry_on_failure,
        sender,
        attempt: withStatus(attempt, telemetry.status),
        clock,
        random,
        telemetry,
        metrics: this.#metrics,
        losses: this.#losses,
        draining: this.#draining,
      })
    telemetry.accounting.held(() => this.#stored?.spanCount ?? this.#queueing?.queue.spanCount ?? 0)
  }

  async start(host: Host): Promise<void> {
    await this.#sender.start?.(host)
    await this.#stored?.start(host)
    if (!this.#queueing) return
    this.#hideQueue = this.#metrics.observeQueue(this.#queueing.queue)
    this.#queueing.consumers.start()
  }

  async consumeTraces(traces: Traces, context: ConsumeContext): Promise<void> {
    if (this.#draining.stopped) throw new ShutdownError()
    if (traces.spanCount === 0) return
    if (this.#stored) return this.#stored.consume(traces, context)
    if (this.#queueing) return this.#enqueue(this.#queueing, traces, context)
    const sending = this.#sendNow(traces, context)
    this.#direct.add(sending)
    try {
      await sending
    } finally {
      this.#direct.delete(sending)
    }
  }

  /** What the queue holds at the shutdown goes to `heir`, also what could not be sent. */
  succeededBy(heir: TracesConsumer): void {
    this.#handover.to(heir)
  }

  /**
   * Stops waiting between attempts, sends what is queued with one attempt each, and gives up on the rest
   * when `signal` aborts (EXP-60 to EXP-64).
   */
  async shutdown(signal: AbortSignal): Promise<void> {
    const giveUp = (): void => this.#over.stop()
    signal.addEventListener('abort', giveUp, { once: true })
    if (signal.aborted) giveUp()
    try {
      await (this.#shutdown ??= this.#drain(signal))
    } finally {
      signal.removeEventListener('abort', giveUp)
    }
  }

  async #drain(signal: AbortSignal): Promise<void> {
    this.#losses.beginShutdown()
    this.#queueing?.queue.close()
    this.#draining.stop()
    await this.#queueing?.consumers.drain()
    await this.#stored?.drain()
    await Promise.allSettled(this.#direct)
    this.#losses.report()
    this.#hideQueue()
    await this.#sender.shutdown?.(signal)
  }

  async #enqueue({ queue }: Queueing, traces: Traces, context: ConsumeContext): Promise<void> {
    const { result } = await queue.offer(traces, context).catch((error: unknown) => {
      this.#metrics.enqueueFailed(traces.spanCount)
      this.#losses.refused(traces.spanCount, error)
      throw error
    })
    this.#metrics.enqueued(traces)
    await result?.catch((error: unknown) => {
      this.#losses.refused(traces.spanCount, error)
      throw error
    })
  }

  async #sendQueued(request: ReadyRequest): Promise<void> {
    if (this.#draining.stopped && (await this.#handover.leave(request.traces, request))) {
      request.finish()
      return
    }
    this.#metrics.batchSent(request.traces)
    const result = await this.#send(request)
    if (result.delivered) {
      request.finish()
      return
    }
    if (!this.#waitForResult) this.#losses.dropped(result.undelivered, result.error, result.reason)
    request.finish(result.error)
  }

  async #sendNow(traces: Traces, { signal, deadline, metadata, trace }: ConsumeContext): Promise<void> {
    const result = await this.#send({ traces, signal, deadline, metadata, trace })
    if (result.delivered) return
    this.#losses.refused(result.undelivered, result.error)
    throw result.error
  }
}
