import { createNoopMeter, type Meter } from '@opentelemetry/api'

import type { Clock } from '../clock/clock.ts'
import type { BuildInfo } from '../component/options.ts'
import type { MetricsLevel } from './instruments.ts'
import type { ViewSettings } from './metric-views.ts'
import { createMetricExporter, type PushSettings } from './otlp-push.ts'
import type { PrometheusSettings } from './prometheus-server.ts'
import type { ResourceAttributes } from './resource.ts'

/** A push reader of `metrics.readers`. */
export interface PeriodicSettings {
  readonly intervalMs: number
  /** For one push. */
  readonly timeoutMs: number
  readonly exporter: PushSettings
}

/** `service.telemetry.metrics`, parsed. */
export interface MetricsSettings {
  readonly level: MetricsLevel
  readonly pull: readonly PrometheusSettings[]
  readonly push: readonly PeriodicSettings[]
  readonly views: readonly ViewSettings[]
}

/** The collector's own metrics. */
export interface OwnMetrics {
  /** One meter for everything: a name stands for one metric, whoever writes it. */
  readonly meter: Meter
  readonly level: MetricsLevel
  /** Bound ports of the Prometheus readers, in the order of the settings. */
  readonly ports: readonly number[]
  /** Opens the ports. @throws StartError when one is taken. */
  start(): Promise<void>
  /** Pushes what is left and closes the ports. */
  shutdown(): Promise<void>
}

const off: OwnMetrics = {
  meter: createNoopMeter(),
  level: 'none',
  ports: [],
  start: () => Promise.resolve(),
  shutdown: () => Promise.resolve(),
}

/** Sets metrics up; nothing listens before `start`. The SDK is loaded only if needed. */
export async function createMetrics(
  settings: MetricsSettings,
  resource: ResourceAttributes,
  build: BuildInfo,
  clock: Clock,
): Promise<OwnMetrics> {
  if (settings.level === 'none' || settings.pull.length + settings.push.length === 0) return off
  const [{ MeterProvider }, { resourceFromAttributes }, { metricViews }, { registerProcessMetrics }] =
    await Promise.all([
      import('@opentelemetry/sdk-metrics'),
      import('@opentelemetry/resources'),
      import('./metric-views.ts'),
      import('./process-metrics.ts'),
    ])
  const { PrometheusServer } = settings.pull.length > 0 ? await import('./prometheus-server.ts') : {}
  const servers =
    PrometheusServer === undefined ? [] : settings.pull.map((reader) => new PrometheusServer(reader))
  const pushers = await Promise.all(settings.push.map((reader) => createPeriodicReader(reader)))
  const provider = new MeterProvider({
    resource: resourceFromAttributes({ ...resource }),
    readers: [...servers, ...pushers],
    views: metricViews(settings.level, settings.views),
  })
  const meter = provider.getMeter(`${build.command}/collector`, build.version)
  registerProcessMetrics(meter, clock)
  return {
    meter,
    level: settings.level,
    get ports() {
      return servers.flatMap((server) => server.port ?? [])
    },
    start: async () => void (await Promise.all(servers.map((server) => server.listen()))),
    shutdown: () => provider.shutdown(),
  }
}

async function createPeriodicReader({ exporter, intervalMs, timeoutMs }: PeriodicSettings) {
  const [{ PeriodicExportingMetricReader }, sender] = await Promise.all([
    import('@opentelemetry/sdk-metrics'),
    createMetricExporter(exporter),
  ])
  return new PeriodicExportingMetricReader({
    exporter: sender,
    exportIntervalMillis: intervalMs,
    // The SDK refuses a timeout that is longer than the interval.
    exportTimeoutMillis: timeoutMs === 0 ? intervalMs : Math.min(timeoutMs, intervalMs),
  })
}
