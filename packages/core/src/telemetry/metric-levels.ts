import type { MetricsLevel } from './instruments.ts'

/** Metrics that are left out below a level (section 12.2). Every metric not named here is basic. */
export const metricLevels: ReadonlyMap<string, 'normal' | 'detailed'> = new Map([
  ['otelcol_processor_batch_batch_send_size', 'normal'],
  ['otelcol_processor_batch_batch_size_trigger_send', 'normal'],
  ['otelcol_processor_batch_timeout_trigger_send', 'normal'],
  ['otelcol_processor_batch_metadata_cardinality', 'normal'],
  ['otelcol_processor_batch_batch_send_size_bytes', 'detailed'],
  ['otelcol_processor_internal_duration', 'detailed'],
  ['otelcol_exporter_enqueue_size', 'detailed'],
  ['otelcol_exporter_enqueue_size_bytes', 'detailed'],
  ['otelcol_exporter_queue_batch_send_size', 'detailed'],
  ['otelcol_exporter_queue_batch_send_size_bytes', 'detailed'],
])

/** Attributes that a metric has at level `detailed` only. */
export const detailedAttributes: ReadonlyMap<string, readonly string[]> = new Map([
  ['otelcol_exporter_send_failed_spans', ['error.type', 'error.permanent']],
])

/** Names of the metrics that are not written at this level. */
export function metricsLeftOut(level: MetricsLevel): readonly string[] {
  if (level === 'detailed') return []
  return [...metricLevels].flatMap(([name, from]) => (level === 'normal' && from === 'normal' ? [] : [name]))
}
