import type { InstanceTelemetry } from '../pipeline/build.ts'
import { accountMetrics } from '../telemetry/account-metrics.ts'
import { Account, type AccountOwner } from '../telemetry/accounting.ts'
import type { LogFields } from '../telemetry/logger.ts'
import type { OwnTelemetry } from './own-telemetry.ts'
import type { StatusEntry } from './status-book.ts'

/** Everything that one instance tells about itself, labelled with who it is. */
export function instanceTelemetry(
  owner: AccountOwner,
  { logger, metrics, traces, instruments }: OwnTelemetry,
  status: StatusEntry,
): InstanceTelemetry {
  return {
    logger: logger.child(logFields(owner)),
    meter: metrics.meter,
    metricsLevel: metrics.level,
    tracer: traces.tracer,
    status: status.reporter,
    accounting: new Account(owner, accountMetrics(owner, metrics.meter, instruments)),
  }
}

/** Fields of LOG-02; what is not unique, because several pipelines share the instance, is left out. */
export function logFields({ kind, id, pipelines }: AccountOwner): LogFields {
  return {
    'otelcol.component.id': id,
    'otelcol.component.kind': kind,
    ...(kind === 'extension' ? {} : { 'otelcol.signal': 'traces' }),
    ...(kind === 'connector' ? { 'otelcol.signal.output': 'traces' } : {}),
    ...(kind === 'processor' ? { 'otelcol.pipeline.id': pipelines.join(',') } : {}),
  }
}
