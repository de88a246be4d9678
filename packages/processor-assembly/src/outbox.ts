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
}

/**
 * Hands emitted spans on, those of one moment together, and keeps what the next stage refuses for now until it
 * takes it. What it refuses for good is dropped and counted.
 */
export class Outbox {
  /** Spans that the next stage has not taken. */
  size: number = 0
  readonly #options: OutboxOptions
  readonly #abort = new AbortController()
  #spans: Span[] = []
  #batches: Traces[] = []
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

  push(span: Span): void {
    this.#spans.push(span)
    this.size++
    this.#bytes += span.end - span.start
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
        await this.#options.next.consumeTraces(batch, this.#context())
      } catch (error) {
        if (this.#abort.signal.aborted) return
        if (!isPermanent(error)) return this.#postpone(error)
        this.#options.telemetry.accounting.dropped(batch.spanCount, 'refused')
        this.#options.telemetry.logger.error(
          'Spans were dropped because the next stage refused them for good.',
          {
            error,
            spans: batch.spanCount,
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

  #nextBatch(): Traces {
    const [waiting] = this.#batches
    if (waiting !== undefined) return waiting
    const spans = this.#spans.splice(0, batchSpans)
    const batch = Traces.of(spans)
    this.#batches.push(batch)
    for (const { start, end } of spans) this.#bytes -= end - start
    this.#bytes += batch.byteLength
    return batch
  }

  #taken(batch: Traces): void {
    this.#batches.shift()
    this.size -= batch.spanCount
    this.#bytes -= batch.byteLength
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
