import type { Clock } from '../clock/clock.ts'
import {
  grpcStatusOf,
  isPermanent,
  messageOf,
  retryAfterMs,
  ShutdownError,
  SpanloomError,
} from '../errors/errors.ts'
import type { QueueStore } from '../storage/storage.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { Traces } from '../traces/traces.ts'
import { delayAfter } from './backoff.ts'
import type { DeadLetters } from './dead-letters.ts'
import { explain } from './explain.ts'
import type { ExporterMetrics } from './exporter-metrics.ts'
import { LogThrottle } from './log-throttle.ts'
import type { LossLog } from './loss-log.ts'
import { countResult } from './observed.ts'
import type { GiveUpReason, RetrySettings, SendResult } from './retry.ts'
import { remainingOf, type SendOutcome } from './sender.ts'
import type { StopSwitch } from './stop-switch.ts'
import type { StoredEntry } from './stored-entry.ts'
import type { StoredTelemetry } from './stored-telemetry.ts'
import type { Attempt } from './timeout.ts'

/** What became of an entry after one attempt. */
export type Verdict =
  /** It left the queue. `failed`: the destination did not take it and may not take others either. */
  | { readonly kind: 'gone'; readonly failed: boolean }
  /** It is to be attempted again after `delayMs`. */
  | {
      readonly kind: 'waits'
      readonly entry: StoredEntry
      readonly delayMs: number
      readonly failed: boolean
    }
  /** The exporter is stopping; it stays where it is. */
  | { readonly kind: 'kept' }

export interface StoredSendingOptions {
  readonly store: QueueStore
  readonly attempt: Attempt
  readonly retry: RetrySettings | undefined
  readonly deadLetters: DeadLetters
  /** Stores what a destination left of an entry, to be sent after `delayMs`. */
  readonly keepRest: (entry: StoredEntry, rest: Traces, delayMs: number) => Promise<void>
  /** An entry was delivered, dropped or replaced: it holds no place any more. */
  readonly leave: (entry: StoredEntry) => void
  /** From its stop on no entry leaves but by delivery (EXP-44, EXP-62). */
  readonly stopping: StopSwitch
  readonly clock: Clock
  readonly random: () => number
  readonly logger: Logger
  readonly metrics: ExporterMetrics
  readonly losses: LossLog
  readonly told: StoredTelemetry
}

/** Wait after the store did not do what it should. */
const faultPauseMs = 5_000

/** Attempts to send stored entries, one at a time, and keeps the store up to date about them (8.3, 8.4). */
export class StoredSending {
  readonly #options: StoredSendingOptions
  readonly #waits: LogThrottle

  constructor(options: StoredSendingOptions) {
    this.#options = options
    this.#waits = new LogThrottle(options.clock)
  }

  /** Makes one attempt. Never rejects. */
  async run(found: StoredEntry): Promise<Verdict> {
    const { store, attempt, metrics, clock, stopping, told } = this.#options
    const { id, items, attributes } = found
    let body: Uint8Array | undefined
    try {
      body = attributes && (found.body ?? (await store.body(id)))
    } catch (error) {
      if (!stopping.stopped) told.fault(error)
      return { kind: 'waits', entry: found, delayMs: faultPauseMs, failed: false }
    }
    if (stopping.stopped) return { kind: 'kept' }
    if (attributes === undefined || body === undefined) return this.#dropUnreadable(found)

    const entry = { ...found, body: undefined, startedAt: found.startedAt ?? clock.monotonic() }
    const { metadata, format, trace } = attributes
    const request = { body, spanCount: items, metadata, signal: undefined, format, trace }
    metrics.inFlight(1)
    try {
      const outcome = await attempt(request, entry.attempts + 1)
      return this.#delivered(entry, outcome)
    } catch (error) {
      return await this.#failed(entry, error)
    } finally {
      metrics.inFlight(-1)
    }
  }

  #delivered(entry: StoredEntry, outcome: SendOutcome): Verdict {
    const { metrics, losses } = this.#options
    countResult(entry.items, { delivered: true, outcome }, metrics, losses)
    this.#remove(entry)
    return { kind: 'gone', failed: false }
  }

  #dropUnreadable(entry: StoredEntry): Verdict {
    const { told, metrics } = this.#options
    const error = new SpanloomError('UNREADABLE', 'The stored request cannot be read.')
    metrics.sendFailed(entry.items, error)
    told.unreadable(entry.id, entry.items)
    this.#remove(entry)
    return { kind: 'gone', failed: false }
  }

  async #failed(entry: StoredEntry & { readonly startedAt: number }, error: unknown): Promise<Verdict> {
    const { retry, clock, random, stopping } = this.#options
    if (stopping.stopped) {
      if (!(error instanceof ShutdownError)) this.#writeBack(entry, 0, error)
      return { kind: 'kept' }
    }
    const rest = remainingOf(error)
    const undelivered = rest?.spanCount ?? entry.items
    const giveUp = (reason: GiveUpReason, why: unknown): Promise<Verdict> =>
      this.#giveUp(entry, { delivered: false, error: why, reason, undelivered })
    if (retry?.enabled !== true) return giveUp(isPermanent(error) ? 'permanent_error' : 'send_failed', error)
    if (isPermanent(error)) return giveUp('permanent_error', explain('not retryable error', error))
    const attempts = entry.attempts + 1
    const delayMs = Math.max(delayAfter(attempts, retry, random), retryAfterMs(error) ?? 0)
    const expiry = retry.max_elapsed_time > 0 ? entry.startedAt + retry.max_elapsed_time : Infinity
    if (clock.monotonic() + delayMs > expiry)
      return giveUp('retries_exhausted', explain('no more retries left', error))
    this.#logWait(error, delayMs)
    if (rest !== undefined && (await this.#replace({ ...entry, attempts }, rest, delayMs)))
      return { kind: 'gone', failed: false }
    this.#writeBack(entry, delayMs, error)
    return { kind: 'waits', entry: { ...entry, attempts }, delayMs, failed: true }
  }

  /**
   * Takes an entry out of the queue for good. The destination may have taken a part of it; a dead letter is the whole
   * entry all the same, for it is the body that was stored.
   */
  async #giveUp(entry: StoredEntry, result: SendResult & { readonly delivered: false }): Promise<Verdict> {
    const { error, reason, undelivered } = result
    const { deadLetters, metrics, losses, leave, told } = this.#options
    let isKept: boolean
    try {
      isKept = await deadLetters.take(entry.id, error, reason)
    } catch (fault) {
      told.fault(fault)
      return { kind: 'waits', entry, delayMs: faultPauseMs, failed: true }
    }
    countResult(entry.items, result, metrics, losses)
    if (isKept) losses.keptAsDeadLetter(undelivered, error, reason)
    else losses.dropped(undelivered, error, reason)
    leave(entry)
    return { kind: 'gone', failed: reason !== 'permanent_error' }
  }

  /** Only what was left is sent again (EXP-27). Without room for it the whole entry is, which is twice but not never. */
  async #replace(entry: StoredEntry, rest: Traces, delayMs: number): Promise<boolean> {
    const { keepRest, metrics, told } = this.#options
    try {
      await keepRest(entry, rest, delayMs)
    } catch (error) {
      told.fault(error)
      return false
    }
    metrics.sent(entry.items - rest.spanCount)
    this.#remove(entry)
    return true
  }

  #remove(entry: StoredEntry): void {
    const { store, leave, told } = this.#options
    // Gathered by the store; what is not removed before a crash is sent twice.
    store.done([entry.id]).catch((error: unknown) => told.fault(error))
    leave(entry)
  }

  #writeBack({ id }: StoredEntry, delayMs: number, error: unknown): void {
    const { store, clock, told } = this.#options
    store
      .retry(id, clock.now() + delayMs, grpcStatusOf(error), messageOf(error))
      .catch((fault: unknown) => told.fault(fault))
  }

  #logWait(error: unknown, delayMs: number): void {
    this.#waits.run(0, (suppressed) =>
      this.#options.logger.info('Exporting failed. Will retry the request after interval.', {
        error,
        interval: `${Math.round(delayMs)}ms`,
        ...suppressed,
      }),
    )
  }
}
