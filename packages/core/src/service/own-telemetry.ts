import type { Clock } from '../clock/clock.ts'
import type { BuildInfo } from '../component/options.ts'
import { createLogger, type LogSettings, type RootLogger } from '../telemetry/create-logger.ts'
import { pipelineInstruments, type PipelineInstruments } from '../telemetry/instruments.ts'
import type { OutputStreams } from '../telemetry/log-output.ts'
import type { Logger } from '../telemetry/logger.ts'
import { createMetrics, type MetricsSettings, type OwnMetrics } from '../telemetry/metrics.ts'
import { createOwnTraces, type OwnTraces, type OwnTracesSettings } from '../telemetry/own-traces.ts'
import { ownResource, type ResourceAttributes } from '../telemetry/resource.ts'

/** `service.telemetry`, parsed. */
export interface TelemetrySettings {
  readonly logs: LogSettings
  readonly metrics: MetricsSettings
  readonly traces: OwnTracesSettings
  readonly resource: Readonly<Record<string, unknown>>
}

/** The collector's own logs, metrics and traces. */
export interface OwnTelemetry {
  /** Carries the `resource` object (LOG-03). */
  readonly logger: Logger
  readonly metrics: OwnMetrics
  readonly traces: OwnTraces
  readonly instruments: PipelineInstruments
  readonly resource: ResourceAttributes
  /** Logs as other settings say. @throws StartError when a file cannot be opened; nothing has changed then. */
  changeLogs(settings: LogSettings): void
  /** Sends what is left of traces and metrics. Never rejects: a dead backend must not keep us from stopping. */
  flush(): Promise<void>
  /** Closes the outputs of the log; the last thing that happens. */
  close(): void
}

/** Makes logger, meter and tracer; opens log files, but no port. */
export async function createOwnTelemetry(
  settings: TelemetrySettings,
  build: BuildInfo,
  clock: Clock,
  streams: OutputStreams,
  instanceId?: string,
): Promise<OwnTelemetry> {
  const resource = ownResource(build, settings.resource, instanceId)
  const root: RootLogger = createLogger(settings.logs, streams, clock)
  const logger = Object.keys(resource).length === 0 ? root : root.child({ resource })
  const [metrics, traces] = await Promise.all([
    createMetrics(settings.metrics, resource, build, clock),
    createOwnTraces(settings.traces, resource, build),
  ])
  return {
    logger,
    metrics,
    traces,
    instruments: pipelineInstruments(metrics.meter, metrics.level),
    resource,
    changeLogs: (next) => root.change(next),
    async flush() {
      const outcomes = await Promise.allSettled([traces.shutdown(), metrics.shutdown()])
      for (const outcome of outcomes) {
        if (outcome.status === 'rejected') {
          logger.warn('Own telemetry could not be sent.', { error: outcome.reason })
        }
      }
    },
    close: () => root.close(),
  }
}
