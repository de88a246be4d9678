import {
  type Clock,
  type ComponentTelemetry,
  isPermanent,
  retryAfterMs,
  type Timer,
  type TracesConsumer,
} from '@spanloom/core'
import { type Span, Traces } from '@spanloom/core/traces'

/** A span on its way out. */
export interface Leaving {
  readonly span: Span
  /** Its record on disk; 0 without one. */
  readonly record: number
}

/** What an {@link Outbox} works with. */
export interface OutboxOptions {
  readonly next: TracesConsumer
  readonly clock: Clock
  readonly telemetry: ComponentTelemetry
  /** The spans with these records were taken, or refused for good. */
  readonly onTaken: (records: readonly number[]) => void
}

const fullSpans = 10_000
const batchSpans = 4_096
const firstDelayMs = 1_000
const longestDelayMs = 30_000

/** Hands released spans on, and keeps what the next stage refuses for now until it takes it. */
export class Outbox {
  readonly #options: OutboxOptions
  readonly #abort = new AbortController()
  readonly #waiting: Leaving[] = []
  #attempt: Promise<void> | undefined
  #retry:
    | { readonly timer: Timer; readonly over: PromiseWithResolvers<void>; readonly atMs: number }
    | undefined
  #delayMs: number = firstDelayMs
  #isClosed: boolean = false

  constructor(options: OutboxOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#waiting.length
  }

  get isFull(): boolean {
    return this.#waiting.length >= fullSpans
  }

  /** How long until the next attempt, in ms. */
  get retryInMs(): number {
    return this.#retry === undefined ? 0 : Math.max(0, this.#retry.atMs - this.#options.clock.monotonic())
  }

  push(leaving: Leaving): void {
    this.#waiting.push(leaving)
  }

  /** Resolves once everything was offered, or the next stage refuses for now. */
  offered(): Promise<void> {
    if (this.#waiting.length === 0 || this.#retry !== undefined || this.#isClosed) return Promise.resolve()
    return (this.#attempt ??= this.#offerAll().finally(() => {
      this.#attempt = undefined
    }))
  }

  /** Tries until everything was taken or `signal` aborts; what is left then is dropped and counted. */
  async drain(signal: AbortSignal): Promise<void> {
    await this.#whileRunning(signal, async () => {
      while (this.#waiting.length > 0 && !signal.aborted) await (this.#retry?.over.promise ?? this.offered())
    })
    this.#close()
    if (this.#waiting.length > 0) this.#options.telemetry.accounting.dropped(this.#waiting.length, 'shutdown')
    this.#waiting.length = 0
  }

  /** Offers once more what waits. What is left stays where it is kept. */
  async leave(signal: AbortSignal): Promise<void> {
    await this.#whileRunning(signal, () => this.offered())
    this.#close()
  }

  async #whileRunning(signal: AbortSignal, work: () => Promise<void>): Promise<void> {
    const timeIsUp = Promise.withResolvers<void>()
    const onAbort = (): void => timeIsUp.resolve()
    signal.addEventListener('abort', onAbort, { once: true })
    if (!signal.aborted) await Promise.race([work(), timeIsUp.promise])
    signal.removeEventListener('abort', onAbort)
  }

  #close(): void {
    this.#isClosed = true
    this.#abort.abort()
    this.#retry?.timer.cancel()
    this.#retry?.over.resolve()
    this.#retry = undefined
  }

  async #offerAll(): Promise<void> {
    const { next, telemetry } = this.#options
    while (this.#waiting.length > 0 && this.#retry === undefined && !this.#isClosed) {
      const batch = this.#waiting.slice(0, batchSpans)
      try {
        await next.consumeTraces(Traces.of(batch.map(({ span }) => span)), { signal: this.#abort.signal })
      } catch (error) {
        if (this.#isClosed) return
        if (!isPermanent(error)) return this.#postpone(error)
        telemetry.accounting.dropped(batch.length, 'refused')
        telemetry.logger.error('Spans were dropped because the next stage refused them for good.', {
          error,
          spans: batch.length,
        })
      }
      if (this.#isClosed) return
      this.#waiting.splice(0, batch.length)
      this.#delayMs = firstDelayMs
      this.#options.onTaken(batch.flatMap(({ record }) => (record === 0 ? [] : [record])))
    }
  }

  #postpone(refusal: unknown): void {
    const { clock, telemetry } = this.#options
    telemetry.logger.warn('The next stage does not take spans, they are held.', { error: refusal })
    const delayMs = Math.max(this.#delayMs, retryAfterMs(refusal) ?? 0)
    this.#delayMs = Math.min(this.#delayMs * 2, longestDelayMs)
    const over = Promise.withResolvers<void>()
    const timer = clock.schedule(delayMs, () => {
      this.#retry = undefined
      over.resolve()
      void this.offered()
    })
    this.#retry = { timer, over, atMs: clock.monotonic() + delayMs }
  }
}
