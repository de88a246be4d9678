import {
  type Clock,
  type ComponentTelemetry,
  type ConsumeContext,
  isPermanent,
  retryAfterMs,
  Traces,
  type TracesConsumer,
} from '@spanloom/core'
import type { Span } from '@spanloom/core/traces'

import type { WaitingBatch, WaitingSpans } from './waiting-spans.ts'

/** Beyond this much that the next stage has not taken, nothing more is let out or in. */
const fullSpans = 10_000
const fullBytes = 64 * 1024 * 1024

/** Most spans that are handed on together. */
const batchSpans = 8_192

const firstDelayMs = 1_000
const longestDelayMs = 30_000

/** Time until the next attempt. */
interface Pause {
  /** In processing time, ms. */
  readonly until: number
  readonly over: Promise<void>
  end(): void
}

/** What the outbox works with. */
export interface OutboxOptions {
  readonly next: TracesConsumer
  readonly clock: Clock
  readonly telemetry: ComponentTelemetry
  /** Called when there is room after it was full. */
  readonly onRoom: () => void
  /** Called when a batch was taken or refused for good, so that it need not be kept any longer. */
  readonly onTaken?: (batch: WaitingBatch) => void
  /** Called when the next stage refuses spans for now. */
  readonly onRefused?: () => void
}

/**
 * Hands emitted spans on, those of one moment together, and keeps what the next stage refuses for now until it
 * takes it. What it refuses for good is dropped and counted.
 */
export class Outbox implements WaitingSpans {
  /** Spans that the next stage has not taken. */
  size: number = 0
  /** Spans that were ever pushed. */
  pushed: number = 0
  readonly #options: OutboxOptions
  readonly #abort = new AbortController()
  #spans: Span[] = []
  #batches: WaitingBatch[] = []
  #bytes: number = 0
  #attempt: Promise<void> | undefined
  #pause: Pause | undefined
  #delayMs: number = firstDelayMs
  #wasFull: boolean = false
  #isRefused: boolean = false

  constructor(options: OutboxOptions) {
    this.#options = options
  }

  get isFull(): boolean {
    const full = this.size >= fullSpans || this.#bytes >= fullBytes
    this.#wasFull ||= full
    return full
  }

  /** How long until the next attempt, in ms. */
  get retryInMs(): number {
    return this.#pause === undefined ? 0 : Math.max(0, this.#pause.until - this.#options.clock.monotonic())
  }

  /** The first so many that were pushed were taken, or refused for good. */
  get taken(): number {
    return this.pushed - this.size
  }

  get isRefused(): boolean {
    return this.#isRefused
  }

  push(span: Span): void {
    this.#spans.push(span)
    this.pushed++
    this.size++
    this.#bytes += span.end - span.start
  }

  /** Takes up spans that a process before had emitted; `record` holds them on disk. */
  restore(traces: Traces, record: number): void {
    this.#batches.push({ traces, record })
    this.pushed += traces.spanCount
    this.size += traces.spanCount
    this.#bytes += traces.byteLength
  }

  /** Everything that was not taken. */
  batches(): readonly WaitingBatch[] {
    while (this.#spans.length > 0) this.#makeBatch()
    return this.#batches
  }

  /** Resolves once everything has been offered to the next stage, or it refuses for now. */
  offered(): Promise<void> {
    if (this.size === 0 || this.#pause !== undefined) return Promise.resolve()
    return (this.#attempt ??= this.#offerAll().finally(() => {
      this.#attempt = undefined
    }))
  }

  /** Resolves once there is room again, or `signal` aborts. */
  room(signal: AbortSignal): Promise<void> {
    return this.#until(() => !this.isFull, signal)
  }

  /**
   * Tries until everything was taken or `signal` aborts. What is left then is dropped and counted, and nothing is
   * handed on any more.
   */
  async drain(signal: AbortSignal): Promise<void> {
    await this.#until(() => this.size === 0, signal)
    this.#close()
  }

  /** Offers once more what waits, until `signal` aborts. What is left stays where it is kept. */
  async leave(signal: AbortSignal): Promise<void> {
    const timeIsUp = Promise.withResolvers<void>()
    const onAbort = (): void => timeIsUp.resolve()
    signal.addEventListener('abort', onAbort, { once: true })
    if (!signal.aborted) await Promise.race([this.offered(), timeIsUp.promise])
    signal.removeEventListener('abort', onAbort)
    this.#abort.abort()
    this.#pause?.end()
  }

  async #until(done: () => boolean, signal: AbortSignal): Promise<void> {
    const timeIsUp = Promise.withResolvers<void>()
    const onAbort = (): void => timeIsUp.resolve()
    signal.addEventListener('abort', onAbort, { once: true })
    while (!done() && !signal.aborted) {
      await Promise.race([this.#pause?.over ?? this.offered(), timeIsUp.promise])
    }
    signal.removeEventListener('abort', onAbort)
  }

  #close(): void {
    this.#abort.abort()
    this.#pause?.end()
    if (this.size > 0) this.#options.telemetry.accounting.dropped(this.size, 'shutdown')
    this.size = 0
    this.#bytes = 0
    this.#spans = []
    this.#batches = []
  }

  async #offerAll(): Promise<void> {
    while (this.size > 0 && this.#pause === undefined && !this.#abort.signal.aborted) {
      const batch = this.#nextBatch()
      try {
        await this.#options.next.consumeTraces(batch.traces, this.#context())
      } catch (error) {
        if (this.#abort.signal.aborted) return
        if (!isPermanent(error)) return this.#postpone(error)
        const { spanCount } = batch.traces
        this.#options.telemetry.accounting.dropped(spanCount, 'refused')
        this.#options.telemetry.logger.error(
          'Spans were dropped because the next stage refused them for good.',
          {
            error,
            spans: spanCount,
          },
        )
      }
      if (this.#abort.signal.aborted) return
      this.#taken(batch)
    }
  }

  #context(): ConsumeContext {
    return { signal: this.#abort.signal }
  }

  #nextBatch(): WaitingBatch {
    return this.#batches[0] ?? this.#makeBatch()
  }

  #makeBatch(): WaitingBatch {
    const spans = this.#spans.splice(0, batchSpans)
    const batch: WaitingBatch = { traces: Traces.of(spans), record: 0 }
    this.#batches.push(batch)
    for (const { start, end } of spans) this.#bytes -= end - start
    this.#bytes += batch.traces.byteLength
    return batch
  }

  #taken(batch: WaitingBatch): void {
    this.#batches.shift()
    this.size -= batch.traces.spanCount
    this.#bytes -= batch.traces.byteLength
    this.#options.onTaken?.(batch)
    this.#delayMs = firstDelayMs
    if (this.#isRefused) this.#options.telemetry.logger.info('The next stage takes spans again.')
    this.#isRefused = false
    if (!this.#wasFull || this.isFull) return
    this.#wasFull = false
    this.#options.onRoom()
  }

  #postpone(refusal: unknown): void {
    const { clock, telemetry } = this.#options
    if (!this.#isRefused)
      telemetry.logger.warn('The next stage does not take spans, they are held.', {
        error: refusal,
      })
    this.#isRefused = true
    this.#options.onRefused?.()
    const delayMs = Math.max(this.#delayMs, retryAfterMs(refusal) ?? 0)
    this.#delayMs = Math.min(this.#delayMs * 2, longestDelayMs)
    const over = Promise.withResolvers<void>()
    const end = (): void => {
      timer.cancel()
      this.#pause = undefined
      over.resolve()
    }
    const timer = clock.schedule(delayMs, () => {
      end()
      void this.offered()
    })
    this.#pause = { until: clock.monotonic() + delayMs, over: over.promise, end }
  }
}
