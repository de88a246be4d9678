// What the producer and the consumer of CloudEvents share: the official SDK, and the official client of Event Hubs.
import { createRequire } from 'node:module'

import { type Tracer } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base'

/** What a service is told by its only argument, as JSON. */
export interface ServiceOptions {
  /** OTLP endpoint of the collector. */
  readonly otlp: string
  /** Where events go to, or where they are awaited: a URL, or the connection string of a hub. */
  readonly via: 'http' | 'hub'
  readonly address: string
  readonly count: number
  /** Whether the consumer links by itself, or only captures what it sees, or loses the extension. */
  readonly consumer?: 'links' | 'captures' | 'loses'
}

/** The options of this process. */
export function serviceOptions(): ServiceOptions {
  return JSON.parse(process.argv[2] ?? '{}')
}

/** A tracer whose spans go to the collector, and how to send what is left. */
export function startTracing(
  service: string,
  { otlp }: ServiceOptions,
): { readonly tracer: Tracer; readonly flush: () => Promise<void> } {
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ 'service.name': service }),
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter({ url: `${otlp}/v1/traces` }))],
  })
  return {
    tracer: provider.getTracer(service),
    flush: async () => {
      await provider.forceFlush()
      await provider.shutdown()
    },
  }
}

/** As much of the official client of Event Hubs as is used. */
interface EventHubs {
  readonly EventHubProducerClient: new (connection: string) => {
    sendBatch(events: readonly HubEvent[]): Promise<void>
    close(): Promise<void>
  }
  readonly EventHubConsumerClient: new (
    group: string,
    connection: string,
  ) => {
    subscribe(
      handlers: {
        processEvents(events: readonly HubEvent[]): Promise<void>
        processError(error: Error): Promise<void>
      },
      options: { readonly startPosition: object },
    ): unknown
    close(): Promise<void>
  }
}

/** An event of the client. */
export interface HubEvent {
  readonly body: unknown
  readonly contentType?: string
  readonly properties?: Readonly<Record<string, unknown>>
}

/** The client, which only the package that speaks to hubs depends on. */
export function eventHubs(): EventHubs {
  const require = createRequire(new URL('../../packages/eventhubs/package.json', import.meta.url))
  const loaded: EventHubs = require('@azure/event-hubs')
  return loaded
}
