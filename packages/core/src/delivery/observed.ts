import type { ExporterMetrics } from './exporter-metrics.ts'
import type { LossLog } from './loss-log.ts'
import type { SendRequest, SendResult } from './retry.ts'
import type { SendOutcome } from './sender.ts'

/** The exporter's own telemetry: counts requests in flight and what became of their spans (12.2, OTE-03, OTE-09). */
export function observed(send: SendRequest, metrics: ExporterMetrics, losses: LossLog): SendRequest {
  return async (delivery) => {
    metrics.inFlight(1)
    const result = await send(delivery)
    metrics.inFlight(-1)
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
