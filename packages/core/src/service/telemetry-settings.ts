import type { TelemetryConfig } from '../config/telemetry-schema.ts'
import type { LogSettings } from '../telemetry/create-logger.ts'
import type { MetricsSettings, PeriodicSettings } from '../telemetry/metrics.ts'
import type { PushSettings } from '../telemetry/otlp-push.ts'
import type { OwnTracesSettings, SpanProcessorSettings } from '../telemetry/own-traces.ts'
import type { PrometheusSettings } from '../telemetry/prometheus-server.ts'
import type { TelemetrySettings } from './own-telemetry.ts'
import { parseViews } from './view-settings.ts'

type Reader = TelemetryConfig['metrics']['readers'][number]
type PushExporter = NonNullable<Reader['periodic']>['exporter']
type SpanProcessor = TelemetryConfig['traces']['processors'][number]

/**
 * Translates `service.telemetry` into what the telemetry room works with.
 *
 * @throws ConfigError for views that make no sense.
 */
export function telemetrySettings(config: TelemetryConfig): TelemetrySettings {
  return {
    logs: logSettings(config.logs),
    metrics: metricsSettings(config.metrics),
    traces: tracesSettings(config.traces),
    resource: resourceSettings(config.resource),
  }
}

function logSettings(logs: TelemetryConfig['logs']): LogSettings {
  const { sampling } = logs
  return {
    level: logs.level,
    encoding: logs.encoding,
    outputPaths: logs.output_paths,
    initialFields: logs.initial_fields,
    caller: !logs.disable_caller,
    stacktrace: !logs.disable_stacktrace,
    sampling:
      sampling === undefined
        ? undefined
        : { tickMs: sampling.tick, initial: sampling.initial, thereafter: sampling.thereafter },
  }
}

function metricsSettings({ level, readers, views }: TelemetryConfig['metrics']): MetricsSettings {
  return {
    level,
    pull: readers.flatMap(({ pull }) => pullSettings(pull?.exporter.prometheus)),
    push: readers.flatMap(({ periodic }) => pushReaders(periodic)),
    views: parseViews(views ?? []),
  }
}

function pullSettings(
  prometheus: NonNullable<Reader['pull']>['exporter']['prometheus'],
): readonly PrometheusSettings[] {
  if (prometheus === undefined) return []
  const labels = prometheus.with_resource_constant_labels
  return [
    {
      host: prometheus.host,
      port: prometheus.port,
      scopeLabels: !prometheus.without_scope_info,
      totalSuffix: !prometheus.without_type_suffix,
      constantLabels: labels === undefined ? undefined : wildcards(labels.included, labels.excluded),
    },
  ]
}

function pushReaders(periodic: Reader['periodic']): readonly PeriodicSettings[] {
  if (periodic === undefined) return []
  return pushTargets(periodic.exporter).map((exporter) => ({
    intervalMs: periodic.interval,
    timeoutMs: periodic.timeout,
    exporter,
  }))
}

function tracesSettings({ level, processors }: TelemetryConfig['traces']): OwnTracesSettings {
  return { processors: level === 'none' ? [] : processors.flatMap(spanProcessors) }
}

function spanProcessors({ batch, simple }: SpanProcessor): readonly SpanProcessorSettings[] {
  const batched = batch === undefined ? [] : pushTargets(batch.exporter)
  const single = simple === undefined ? [] : pushTargets(simple.exporter)
  return [
    ...batched.map((exporter) => ({
      exporter,
      batch: {
        delayMs: batch?.schedule_delay ?? 0,
        timeoutMs: batch?.export_timeout ?? 0,
        maxQueueSize: batch?.max_queue_size ?? 1,
        maxBatchSize: batch?.max_export_batch_size ?? 1,
      },
    })),
    ...single.map((exporter) => ({ exporter })),
  ]
}

const toConsole: PushSettings = {
  protocol: 'console',
  endpoint: '',
  headers: {},
  compression: 'none',
  timeoutMs: 0,
  temporality: 'cumulative',
  insecure: false,
  caFile: undefined,
  certFile: undefined,
  keyFile: undefined,
}

function pushTargets({ otlp, console }: PushExporter): readonly PushSettings[] {
  const targets: PushSettings[] = console === undefined ? [] : [toConsole]
  if (otlp !== undefined) {
    targets.push({
      protocol: otlp.protocol.startsWith('grpc') ? 'grpc' : 'http',
      endpoint: otlp.endpoint,
      headers: { ...headersList(otlp.headers_list ?? ''), ...headerMap(otlp.headers) },
      compression: otlp.compression,
      timeoutMs: otlp.timeout,
      temporality: otlp.temporality_preference === 'low_memory' ? 'lowmemory' : otlp.temporality_preference,
      insecure: otlp.insecure || otlp.tls?.insecure === true,
      caFile: otlp.tls?.ca_file ?? otlp.certificate,
      certFile: otlp.tls?.cert_file ?? otlp.client_certificate,
      keyFile: otlp.tls?.key_file ?? otlp.client_key,
    })
  }
  return targets
}

function headersList(text: string): Record<string, string> {
  const pairs = text.split(',').flatMap((pair): [string, string][] => {
    const at = pair.indexOf('=')
    return at < 1 ? [] : [[pair.slice(0, at).trim(), pair.slice(at + 1).trim()]]
  })
  return Object.fromEntries(pairs)
}

function headerMap(headers: NonNullable<PushExporter['otlp']>['headers']): Record<string, string> {
  if (headers === undefined) return {}
  const pairs: [string, string][] = isList(headers)
    ? headers.map(({ name, value }) => [name, value ?? ''])
    : Object.entries(headers)
  return Object.fromEntries(pairs)
}

function resourceSettings(resource: TelemetryConfig['resource']): Readonly<Record<string, unknown>> {
  if (resource === undefined) return {}
  const { attributes } = resource
  if (!Array.isArray(attributes)) return resource
  return Object.fromEntries(
    (attributes as readonly { readonly name: string; readonly value: unknown }[]).map(({ name, value }) => [
      name,
      value,
    ]),
  )
}

function isList<T>(value: readonly T[] | object): value is readonly T[] {
  return Array.isArray(value)
}

/** A pattern of the names that a list with `*` wildcards takes in and another does not leave out. */
function wildcards(included: readonly string[], excluded: readonly string[]): RegExp {
  const without = excluded.length === 0 ? '' : `(?!(?:${anyOf(excluded)})$)`
  return new RegExp(`^${without}(?:${included.length === 0 ? '.*' : anyOf(included)})$`)
}

function anyOf(names: readonly string[]): string {
  return names
    .map((name) => name.replaceAll(/[\\^$.+?()[\]{}|]/g, String.raw`\$&`).replaceAll('*', '.*'))
    .join('|')
}
