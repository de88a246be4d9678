import type { CommandContext } from './context.ts'

/** What every log line about a command carries; a field without a value is left out. */
export interface LogFields {
  /** The trace id as it came, which is what support staff search for. */
  readonly 'trace-id'?: string
  readonly rID?: string
  readonly operation?: string
  /** The OpenTelemetry names and values, which log back ends link to traces. */
  readonly trace_id?: string
  readonly span_id?: string
  readonly trace_flags?: string
}

/** Fields for one log line; none outside of a command. */
export function logFields(context: CommandContext | undefined): LogFields {
  if (context === undefined) return {}
  return {
    ...(context.traceId === undefined ? {} : { 'trace-id': context.traceId }),
    ...(context.rID === undefined ? {} : { rID: context.rID }),
    operation: context.operation,
    trace_id: context.otelTraceId,
    span_id: context.spanId,
    trace_flags: context.sampled ? '01' : '00',
  }
}
