import type { Clock } from '../clock/clock.ts'
import type { Accounting, ComponentTelemetry } from '../telemetry/component-telemetry.ts'
import type { Logger } from '../telemetry/logger.ts'
import { LogThrottle } from './log-throttle.ts'
import type { GiveUpReason } from './retry.ts'

/** Says what an exporter refused or lost: in its log, in the accounting, and in one sum at shutdown. */
export class LossLog {
  readonly #logger: Logger
  readonly #accounting: Accounting
  readonly #drops: LogThrottle
  readonly #deadLetters: LogThrottle
  readonly #refusals: LogThrottle
  readonly #partials: LogThrottle
  #stopping = false
  #lost = 0

  constructor({ logger, accounting }: ComponentTelemetry, clock: Clock) {
    this.#logger = logger
    this.#accounting = accounting
    this.#drops = new LogThrottle(clock)
    this.#deadLetters = new LogThrottle(clock)
    this.#refusals = new LogThrottle(clock)
    this.#partials = new LogThrottle(clock)
  }

  /** Spans that a sender had been told were safe were finally not delivered (EXP-06). */
  dropped(spans: number, error: unknown, reason: GiveUpReason): void {
    this.#accounting.dropped(spans, reason)
    if (this.#stopping) this.#lost += spans
    this.#drops.run(spans, (suppressed) =>
      this.#logger.error('Exporting failed. Dropping data.', { error, dropped_items: spans, ...suppressed }),
    )
  }

  /** As `dropped`, but the request is kept for somebody to look at (EXP-28). */
  keptAsDeadLetter(spans: number, error: unknown, reason: GiveUpReason): void {
    this.#accounting.dropped(spans, reason)
    this.#deadLetters.run(spans, (suppressed) =>
      this.#logger.error('Exporting failed. Keeping data as a dead letter.', {
        error,
        dropped_items: spans,
        ...suppressed,
      }),
    )
  }

  /** Spans stay with the sender, who is told so (EXP-02, EXP-07). */
  refused(spans: number, error: unknown): void {
    this.#refusals.run(spans, (suppressed) =>
      this.#logger.error('Exporting failed. Rejecting data.', {
        error,
        rejected_items: spans,
        ...suppressed,
      }),
    )
  }

  /** The destination took a request but said something about it or refused a part of it (OTE-03). */
  partialSuccess(spans: number, message: string): void {
    if (spans > 0) this.#accounting.dropped(spans, 'partial_success')
    this.#partials.run(spans, (suppressed) =>
      this.#logger.warn('Partial success response', { message, dropped_spans: spans, ...suppressed }),
    )
  }

  /** From here on losses are summed up for `report`. */
  beginShutdown(): void {
    this.#stopping = true
  }

  /** Logs how many spans were lost since shutdown began, if any (SIG-05). */
  report(): void {
    if (this.#lost > 0) this.#logger.error('Spans were lost at shutdown.', { lost_spans: this.#lost })
  }
}
