import type { Component, Host } from '../component/component.ts'
import type { ConsumeContext, TracesConsumer } from '../component/consumer.ts'
import type { ComponentOptions } from '../component/options.ts'
import type { Traces } from '../traces/traces.ts'
import { exporterMetrics } from './exporter-metrics.ts'

/** An exporter that is called directly; the outcome of the call is the answer to the pipeline. */
export interface DirectExporter {
  start?(host: Host): Promise<void>
  shutdown?(signal: AbortSignal): Promise<void>
  /** Resolves once the data is where it belongs. Never called with zero spans. */
  exportTraces(traces: Traces, context: ConsumeContext): Promise<void>
}

/** A component around a directly called exporter: counts what was sent and what failed. */
export function directExporter(
  exporter: DirectExporter,
  { id, telemetry }: ComponentOptions<unknown>,
): Component & TracesConsumer {
  const metrics = exporterMetrics(id, telemetry)
  return {
    async start(host) {
      await exporter.start?.(host)
    },
    async shutdown(signal) {
      await exporter.shutdown?.(signal)
    },
    async consumeTraces(traces, context) {
      if (traces.spanCount === 0) return
      metrics.inFlight(1)
      try {
        await exporter.exportTraces(traces, context)
        metrics.sent(traces.spanCount)
      } catch (error) {
        metrics.sendFailed(traces.spanCount, error)
        throw error
      } finally {
        metrics.inFlight(-1)
      }
    },
  }
}
