import type { ExporterMetrics } from './exporter-metrics.ts'
import type { LossLog } from './loss-log.ts'
import type { SendRequest, SendResult } from './retry.ts'
import type { Delivery, SendOutcome } from './sender.ts'

/** A request that was not delivered. */
export type Undelivered = Extract<SendResult, { readonly delivered: false }>

/**
 * The exporter's own telemetry: counts requests in flight and what became of their spans (12.2, OTE-03, OTE-09).
 * What `leave` finds another exporter for counts as neither sent nor failed here.
 */
export function observed(
  send: SendRequest,
  metrics: ExporterMetrics,
  losses: LossLog,
  leave: (result: Undelivered, delivery: Delivery) => Promise<boolean> = () => Promise.resolve(false),
): SendRequest {
  return async (delivery) => {
    metrics.inFlight(1)
    const result = await send(delivery)
    metrics.inFlight(-1)
    if (!result.delivered && (await leave(result, delivery))) {
      metrics.sent(delivery.traces.spanCount - result.undelivered)
      return { delivered: true, outcome: {} }
    }
    countResult(delivery.traces.spanCount, result, metrics, losses)
    return result
  }
}

/** Counts what became of a request of `spans` spans. */
export function countResult(
  spans: number,
  result: SendResult,
  metrics: ExporterMetrics,
  losses: LossLog,
): void {
  if (!result.delivered) {
    metrics.sent(spans - result.undelivered)
    metrics.sendFailed(result.undelivered, result.error)
    return
  }
  const { message = '' } = result.outcome
  const rejected = rejectedOf(result.outcome, spans)
  metrics.sent(spans - rejected)
  if (rejected > 0) metrics.rejected(rejected)
  if (rejected > 0 || message !== '') losses.partialSuccess(rejected, message)
}

/** A destination may claim anything; only 0 to `spans` is believed. */
function rejectedOf({ rejectedSpans = 0 }: SendOutcome, spans: number): number {
  return Number.isNaN(rejectedSpans) ? 0 : Math.min(Math.max(0, Math.trunc(rejectedSpans)), spans)
}
