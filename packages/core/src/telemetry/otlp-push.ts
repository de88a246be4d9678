import { readFile } from 'node:fs/promises'

import type { PushMetricExporter } from '@opentelemetry/sdk-metrics'
import type { SpanExporter } from '@opentelemetry/sdk-trace-base'

import { messageOf, StartError } from '../errors/errors.ts'

/** Where the collector's own metrics or spans are sent. */
export interface PushSettings {
  /** `http` sends the JSON encoding of OTLP. */
  readonly protocol: 'http' | 'grpc' | 'console'
  /** With or without scheme; for HTTP without a path the one of the signal is added. */
  readonly endpoint: string
  readonly headers: Readonly<Record<string, string>>
  readonly compression: 'none' | 'gzip'
  readonly timeoutMs: number
  readonly temporality: 'cumulative' | 'delta' | 'lowmemory'
  readonly insecure: boolean
  readonly caFile: string | undefined
  readonly certFile: string | undefined
  readonly keyFile: string | undefined
}

/** @throws StartError for gRPC, which own metrics cannot be sent over, and for unreadable certificates. */
export async function createMetricExporter(settings: PushSettings): Promise<PushMetricExporter> {
  if (settings.protocol === 'console') {
    const { ConsoleMetricExporter } = await import('@opentelemetry/sdk-metrics')
    return new ConsoleMetricExporter()
  }
  if (settings.protocol === 'grpc') {
    throw new StartError('OWN_METRICS_PROTOCOL', 'own metrics cannot be sent over gRPC', {
      hint: 'Set the protocol of the periodic reader to http/protobuf.',
    })
  }
  const { AggregationTemporalityPreference, OTLPMetricExporter } =
    await import('@opentelemetry/exporter-metrics-otlp-http')
  type Options = NonNullable<ConstructorParameters<typeof OTLPMetricExporter>[0]>
  const options: Options = {
    ...(await httpOptions(settings, '/v1/metrics')),
    temporalityPreference:
      AggregationTemporalityPreference[
        ({ cumulative: 'CUMULATIVE', delta: 'DELTA', lowmemory: 'LOWMEMORY' } as const)[settings.temporality]
      ],
  }
  return new OTLPMetricExporter({ ...options, ...compressionOf<Options>(settings) })
}

/** @throws StartError for unreadable certificates. */
export async function createSpanExporter(settings: PushSettings): Promise<SpanExporter> {
  if (settings.protocol === 'console') {
    const { ConsoleSpanExporter } = await import('@opentelemetry/sdk-trace-base')
    return new ConsoleSpanExporter()
  }
  if (settings.protocol === 'http') {
    const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-http')
    type Options = NonNullable<ConstructorParameters<typeof OTLPTraceExporter>[0]>
    return new OTLPTraceExporter({
      ...(await httpOptions(settings, '/v1/traces')),
      ...compressionOf<Options>(settings),
    })
  }
  const [{ OTLPTraceExporter }, { credentials, Metadata }, { ca, cert, key }] = await Promise.all([
    import('@opentelemetry/exporter-trace-otlp-grpc'),
    import('@grpc/grpc-js'),
    tlsFiles(settings),
  ])
  type Options = NonNullable<ConstructorParameters<typeof OTLPTraceExporter>[0]>
  const metadata = new Metadata()
  for (const [name, value] of Object.entries(settings.headers)) metadata.set(name, value)
  const url = pushUrl(settings, '')
  const plain = url.protocol === 'http:'
  return new OTLPTraceExporter({
    url: url.href,
    metadata,
    timeoutMillis: settings.timeoutMs,
    credentials: plain
      ? credentials.createInsecure()
      : credentials.createSsl(ca ?? null, key ?? null, cert ?? null),
    ...compressionOf<Options>(settings),
  })
}

/** Completes an endpoint: without a scheme it is HTTPS unless `insecure`, without a path it gets `path`. */
export function pushUrl(
  { endpoint, insecure }: Pick<PushSettings, 'endpoint' | 'insecure'>,
  path: string,
): URL {
  const text = endpoint.includes('://') ? endpoint : `${insecure ? 'http' : 'https'}://${endpoint}`
  if (!URL.canParse(text)) {
    throw new StartError('OWN_TELEMETRY_ENDPOINT', `own telemetry cannot be sent to "${endpoint}"`, {
      hint: 'Write the endpoint as a URL, such as http://localhost:4318.',
    })
  }
  const url = new URL(text)
  if (url.pathname === '/' && path !== '') url.pathname = path
  return url
}

async function httpOptions(settings: PushSettings, path: string) {
  const { ca, cert, key } = await tlsFiles(settings)
  return {
    url: pushUrl(settings, path).href,
    headers: { ...settings.headers },
    timeoutMillis: settings.timeoutMs,
    httpAgentOptions: {
      keepAlive: true,
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
    },
  }
}

/** The exporter's enum lies in a package of its own; its values are the words of the setting. */
function compressionOf<Options extends { compression?: unknown }>({
  compression,
}: PushSettings): Pick<Options, 'compression'> {
  const chosen: unknown = { compression }
  return chosen as Pick<Options, 'compression'>
}

async function tlsFiles({ caFile, certFile, keyFile }: PushSettings) {
  const [ca, cert, key] = await Promise.all([readPem(caFile), readPem(certFile), readPem(keyFile)])
  return { ca, cert, key }
}

async function readPem(path: string | undefined): Promise<Buffer | undefined> {
  if (path === undefined) return undefined
  try {
    return await readFile(path)
  } catch (error) {
    throw new StartError('OWN_TELEMETRY_TLS', `own telemetry cannot read ${path}: ${messageOf(error)}`, {
      cause: error,
    })
  }
}
