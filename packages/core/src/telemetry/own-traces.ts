import { ProxyTracerProvider, type Tracer } from '@opentelemetry/api'
import type { SpanProcessor } from '@opentelemetry/sdk-trace-base'

import type { BuildInfo } from '../component/options.ts'
import { createSpanExporter, type PushSettings } from './otlp-push.ts'
import type { ResourceAttributes } from './resource.ts'

/** How own spans reach one destination. */
export interface SpanProcessorSettings {
  readonly exporter: PushSettings
  /** Absent: every span is sent when it ends. */
  readonly batch?: {
    readonly delayMs: number
    readonly timeoutMs: number
    readonly maxQueueSize: number
    readonly maxBatchSize: number
  }
}

/** `service.telemetry.traces`, parsed. */
export interface OwnTracesSettings {
  /** Without processors nothing is traced (12.4). */
  readonly processors: readonly SpanProcessorSettings[]
}

/** The collector's own traces. */
export interface OwnTraces {
  readonly tracer: Tracer
  /** Whether anything is recorded, so that the edges need not even ask when it is not. */
  readonly enabled: boolean
  /** Sends what is left. */
  shutdown(): Promise<void>
}

/** Sets tracing up. The SDK and the exporters are loaded only if a processor is named. */
export async function createOwnTraces(
  { processors }: OwnTracesSettings,
  resource: ResourceAttributes,
  build: BuildInfo,
): Promise<OwnTraces> {
  const name = `${build.command}/collector`
  if (processors.length === 0) {
    return {
      tracer: new ProxyTracerProvider().getTracer(name),
      enabled: false,
      shutdown: () => Promise.resolve(),
    }
  }
  const [{ BasicTracerProvider }, { resourceFromAttributes }, spanProcessors] = await Promise.all([
    import('@opentelemetry/sdk-trace-base'),
    import('@opentelemetry/resources'),
    Promise.all(processors.map((processor) => createSpanProcessor(processor))),
  ])
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ ...resource }),
    spanProcessors,
  })
  return {
    tracer: provider.getTracer(name, build.version),
    enabled: true,
    shutdown: () => provider.shutdown(),
  }
}

async function createSpanProcessor({ exporter, batch }: SpanProcessorSettings): Promise<SpanProcessor> {
  const [{ BatchSpanProcessor, SimpleSpanProcessor }, sender] = await Promise.all([
    import('@opentelemetry/sdk-trace-base'),
    createSpanExporter(exporter),
  ])
  if (batch === undefined) return new SimpleSpanProcessor(sender)
  return new BatchSpanProcessor(sender, {
    scheduledDelayMillis: batch.delayMs,
    exportTimeoutMillis: batch.timeoutMs,
    maxQueueSize: batch.maxQueueSize,
    maxExportBatchSize: Math.min(batch.maxBatchSize, batch.maxQueueSize),
  })
}
