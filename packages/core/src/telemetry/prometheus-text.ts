import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus'
import { DataPointType, type ResourceMetrics } from '@opentelemetry/sdk-metrics'

/** Media type of the text that `toPrometheusText` makes. */
export const prometheusMediaType = 'text/plain; version=0.0.4; charset=utf-8'

const linePattern = /^((?:# (?:HELP|TYPE|UNIT) )?)([a-zA-Z_:][a-zA-Z0-9_:]*)_total(?=[ {])/gm

/** Choices that a Prometheus reader leaves to its user. */
export interface PrometheusTextOptions {
  /** Labels that name the scope. Default false. */
  readonly scopeLabels?: boolean
  /** Counters end in `_total`. Default false. */
  readonly totalSuffix?: boolean
  /** Resource attributes whose name matches become labels of every metric. */
  readonly constantLabels?: RegExp | undefined
}

/**
 * Metrics as Prometheus text, by default with the names as written: no `_total`, no unit suffix, no labels
 * for the scope; the resource stands in `target_info` (section 12.2).
 */
export function toPrometheusText(
  metrics: ResourceMetrics,
  { scopeLabels = false, totalSuffix = false, constantLabels }: PrometheusTextOptions = {},
): string {
  const serializer = new PrometheusSerializer(undefined, false, constantLabels, false, !scopeLabels)
  const text = serializer.serialize(metrics)
  if (totalSuffix) return text
  const counters = new Set(
    metrics.scopeMetrics.flatMap((scope) =>
      scope.metrics
        .filter((metric) => metric.dataPointType === DataPointType.SUM && metric.isMonotonic)
        .map((metric) => metric.descriptor.name.replaceAll(/[^a-z0-9_]/gi, '_').replaceAll(/_{2,}/g, '_')),
    ),
  )
  return text.replaceAll(linePattern, (line: string, prefix: string, name: string) =>
    counters.has(name) ? `${prefix}${name}` : line,
  )
}
