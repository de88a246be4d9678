import type { Clock } from '../clock/clock.ts'
import { isPermanent, messageOf, retryAfterMs, ShutdownError } from '../errors/errors.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { Traces } from '../traces/traces.ts'
import { createBackoff, type BackoffSettings } from './backoff.ts'
import { explain } from './explain.ts'
import { LogThrottle } from './log-throttle.ts'
import { pause } from './pause.ts'
import { remainingOf, type Delivery, type SendOutcome } from './sender.ts'
import type { StopSwitch } from './stop-switch.ts'
import type { Attempt } from './timeout.ts'

/** The parsed section `retry_on_failure`; durations are milliseconds. */
export interface RetrySettings extends BackoffSettings {
  readonly enabled: boolean
  /** Time since the first attempt after which no further one begins; 0 means for ever. */
  readonly max_elapsed_time: number
}

/** Why a request was given up; the reason under which its spans are accounted as dropped. */
export type GiveUpReason = 'permanent_error' | 'send_failed' | 'retries_exhausted' | 'cancelled' | 'shutdown'

/** How the sending of a request ended. */
export type SendResult =
  | { readonly delivered: true; readonly outcome: SendOutcome }
  | {
      readonly delivered: false
      readonly error: unknown
      readonly reason: GiveUpReason
      /** Spans that the destination did not take. */
      readonly undelivered: number
      /** Those spans, where they are at hand. */
      readonly rest?: Traces
    }

/** Sends a request as often as needed; never rejects. */
export type SendRequest = (delivery: Delivery) => Promise<SendResult>

export interface RetryOptions {
  readonly settings: RetrySettings | undefined
  readonly clock: Clock
  readonly random: () => number
  readonly logger: Logger
  /** Ends all waiting: from then on every request has one attempt (EXP-60, EXP-61). */
  readonly draining: StopSwitch
}

/** Makes the body of a request once and attempts to send it until it is delivered or given up (8.3). */
export function withRetry(
  encode: (traces: Traces) => Promise<Uint8Array> | Uint8Array,
  attempt: Attempt,
  { settings, clock, random, logger, draining }: RetryOptions,
): SendRequest {
  const throttle = new LogThrottle(clock)

  const logWait = (error: unknown, delayMs: number): void =>
    throttle.run(0, (suppressed) =>
      logger.info('Exporting failed. Will retry the request after interval.', {
        error,
        interval: `${Math.round(delayMs)}ms`,
        ...suppressed,
      }),
    )

  /** Waits for the next attempt, or tells why there is none. */
  async function wait(
    delivery: Delivery,
    failure: unknown,
    delayMs: number,
    expiry: number,
  ): Promise<End | undefined> {
    const { signal, deadline = Infinity } = delivery
    const next = clock.monotonic() + delayMs
    if (draining.stopped) return interrupted(failure)
    if (next > expiry) return { error: explain('no more retries left', failure), reason: 'retries_exhausted' }
    if (next > deadline) return cancelled(failure)
    logWait(failure, delayMs)
    const why = await pause(delayMs, { clock, stop: draining, signal })
    if (why === 'stopped') return interrupted(failure)
    return why === 'cancelled' ? cancelled(failure) : undefined
  }

  return async (delivery) => {
    const { metadata, signal, trace } = delivery
    const backoff = settings?.enabled === true ? createBackoff(settings, random) : undefined
    const expiry =
      settings && settings.max_elapsed_time > 0 ? clock.monotonic() + settings.max_elapsed_time : Infinity
    let traces = delivery.traces
    const givenUp = (error: unknown, reason: GiveUpReason): SendResult => ({
      delivered: false,
      error,
      reason,
      undelivered: traces.spanCount,
      rest: traces,
    })
    try {
      let body = await encode(traces)
      for (let count = 1; ; count++) {
        let failure: unknown
        try {
          const outcome = await attempt({ body, spanCount: traces.spanCount, metadata, signal, trace }, count)
          return { delivered: true, outcome }
        } catch (error) {
          failure = error
        }
        const remaining = remainingOf(failure)
        traces = remaining ?? traces
        if (failure instanceof ShutdownError) return givenUp(failure, 'shutdown')
        if (backoff === undefined)
          return givenUp(failure, isPermanent(failure) ? 'permanent_error' : 'send_failed')
        if (isPermanent(failure)) return givenUp(explain('not retryable error', failure), 'permanent_error')
        const delayMs = Math.max(backoff.next(), retryAfterMs(failure) ?? 0)
        const end = await wait(delivery, failure, delayMs, expiry)
        if (end) return givenUp(end.error, end.reason)
        if (remaining) body = await encode(remaining)
      }
    } catch (error) {
      return givenUp(error, 'send_failed')
    }
  }
}

/** Why there is no further attempt. */
interface End {
  readonly error: unknown
  readonly reason: GiveUpReason
}

const interrupted = (failure: unknown): End => ({
  error: new ShutdownError(`interrupted due to shutdown: ${messageOf(failure)}`),
  reason: 'shutdown',
})

const cancelled = (failure: unknown): End => ({
  error: explain('request will be cancelled before next retry', failure),
  reason: 'cancelled',
})
