import { sleep } from '../clock/clock.ts'
import { isPermanent, messageOf, retryAfterMs } from '../errors/errors.ts'
import type { Traces } from '../traces/traces.ts'
import type { Component } from './component.ts'
import type { ConsumeContext } from './consumer.ts'
import type { OfflineDelivery } from './offline.ts'
import type { ReceiverOptions } from './options.ts'

/** What a fetching receiver works with while it runs. */
export interface Fetching {
  /** Aborts when the receiver shuts down. */
  readonly signal: AbortSignal
  /**
   * Hands a batch on until the next stage takes it: what is fetched can wait. What the next stage will never take
   * is counted, logged and left behind. Rejects only when the signal aborts.
   */
  readonly handOver: (traces: Traces, context?: Omit<ConsumeContext, 'signal'>) => Promise<void>
  /** Waits, but no longer than the receiver runs: rejects when the signal aborts. */
  readonly pause: (delayMs: number) => Promise<void>
}

/** What a receiver does where nothing can be fetched. */
export interface OfflineFetching {
  /** Name of the transport, such as `file`. */
  readonly transport: string
  /** Takes what would have been fetched; rejects with what the next stage says. */
  readonly take: (delivery: OfflineDelivery) => Promise<void>
}

const firstWaitMs = 1_000
const longestWaitMs = 30_000

/**
 * A receiver that fetches its data and has no sender to answer, such as one that reads files. `fetch` runs in the
 * background from start to shutdown; it may end early, and a fault of it is fatal for the collector. Where the host
 * is offline, `offline` takes its place.
 */
export function fetchingReceiver(
  { next, telemetry, clock }: Pick<ReceiverOptions<unknown>, 'next' | 'telemetry' | 'clock'>,
  fetch: (fetching: Fetching) => Promise<void>,
  offline?: OfflineFetching,
): Component {
  const stop = new AbortController()
  const { signal } = stop
  // What is under way at a shutdown may still be taken, for as long as the shutdown has time.
  const giveUp = new AbortController()
  let refusing = false
  let running: Promise<void> | undefined

  const refused = (error: unknown): void => {
    if (refusing) return
    refusing = true
    telemetry.logger.warn('The pipeline refuses data; fetching waits.', { error })
    telemetry.status.recoverableError(toError(error))
  }

  const taken = (): void => {
    if (refusing) telemetry.status.ok()
    refusing = false
  }

  const handOver: Fetching['handOver'] = async (traces, context) => {
    for (let waitMs = firstWaitMs; ; waitMs = Math.min(waitMs * 2, longestWaitMs)) {
      signal.throwIfAborted()
      try {
        await next.consumeTraces(traces, { ...context, signal: giveUp.signal })
        taken()
        return
      } catch (error) {
        signal.throwIfAborted()
        if (isPermanent(error)) {
          telemetry.accounting.dropped(traces.spanCount, 'refused')
          telemetry.logger.error('Spans were refused for good.', { error, spans: traces.spanCount })
          taken()
          return
        }
        refused(error)
        await sleep(clock, Math.max(waitMs, retryAfterMs(error) ?? 0), signal)
      }
    }
  }

  return {
    start(host) {
      if (signal.aborted) return Promise.resolve()
      if (host.offline !== undefined) {
        if (offline !== undefined) host.offline.takes(offline.transport, offline.take)
        return Promise.resolve()
      }
      running = fetch({ signal, handOver, pause: (delayMs) => sleep(clock, delayMs, signal) }).catch(
        (error: unknown) => {
          if (signal.aborted) return
          telemetry.logger.error('Fetching failed.', { error })
          telemetry.status.fatalError(toError(error))
        },
      )
      return Promise.resolve()
    },
    async shutdown(limit) {
      stop.abort(new Error('The receiver is shutting down.'))
      await Promise.race([running, aborted(limit)])
      giveUp.abort(new Error('The receiver is shut down.'))
    },
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(messageOf(error))
}
