import {
  type Clock,
  type Collector,
  createCollector,
  createRegistry,
  defineReceiver,
  entryOf,
  formatDuration,
  messageOf,
  type ReceiverFactory,
  retryAfterMs,
  isPermanent,
  SpanloomError,
  type Traces,
  type TracesConsumer,
} from '@spanloom/core'

import { buildInfo } from '../build-info.ts'
import type { CliContext } from '../cli-context.ts'
import { loadFromFlags } from '../config-flags.ts'
import { plain } from '../verbs/queue-table.ts'
import type { Destination } from './destination.ts'

/** Where spans go. */
export interface TracesDestinationOptions {
  readonly to: string
  /** Default: by the address. */
  readonly protocol: 'http' | 'grpc' | undefined
  /** Sent as `Authorization: Bearer`. */
  readonly token: string | undefined
  readonly retryForMs: number
  /** Settings of the exporter such as `exporters.otlp_http.tls.ca_file=ca.pem`. */
  readonly set: readonly string[]
  readonly clock: Clock
}

const tokenVariable = 'SPANLOOM_REPLAY_BEARER'

/**
 * Sends spans with an exporter of the collector, in a pipeline of its own.
 *
 * @throws ConfigError, StartError or SpanloomError when the exporter cannot be set up so
 */
export async function tracesDestination(
  options: TracesDestinationOptions,
  context: CliContext,
): Promise<Destination<Traces>> {
  const entry: { next?: TracesConsumer } = {}
  const receiver = handOver((next) => (entry.next = next))
  const others = context.registry.entries.filter(({ kind }) => kind === 'exporter' || kind === 'extension')
  const registry = createRegistry([...others, entryOf(receiver)])
  const { token } = options
  const config = await loadFromFlags(
    { config: [`yaml:${JSON.stringify(documentOf(options))}`], set: options.set, featureGates: [] },
    // The token travels as a variable, so that no text of a configuration holds it.
    {
      ...context,
      registry,
      env: { ...context.env, [tokenVariable]: token === undefined ? '' : `Bearer ${token}` },
    },
  )
  const { stdout, stderr, env } = context
  const collector = await createCollector({
    config,
    build: buildInfo,
    clock: options.clock,
    streams: { stdout, stderr, env },
  })
  await collector.start()
  const { next } = entry
  if (next === undefined) throw new Error('The pipeline has no beginning.')
  return {
    async send(traces, signal) {
      const before = lostIn(collector)
      try {
        await next.consumeTraces(traces, { signal })
        return { taken: true, rejected: lostIn(collector) - before }
      } catch (error) {
        return {
          taken: false,
          reason: plain(messageOf(error)),
          unreachable: !isPermanent(error) || retryAfterMs(error) !== undefined,
        }
      }
    },
    async [Symbol.asyncDispose]() {
      await collector.shutdown(AbortSignal.timeout(shutdownMs))
    },
  }
}

const shutdownMs = 2_000

/** Spans that the exporter took and the destination did not. */
function lostIn(collector: Collector): number {
  return collector
    .accounting()
    .filter(({ kind }) => kind === 'exporter')
    .reduce((sum, book) => sum + book.in - book.out, 0)
}

function documentOf(options: TracesDestinationOptions): object {
  const { type, settings } = exporterOf(options)
  return {
    receivers: { replay: {} },
    exporters: { [type]: { ...settings, ...deliveryOf(options) } },
    service: {
      pipelines: { traces: { receivers: ['replay'], exporters: [type] } },
      telemetry: { metrics: { level: 'none' }, logs: { level: 'error', output_paths: [] } },
    },
  }
}

/** Without a queue the outcome of every batch is known. */
function deliveryOf({ token, retryForMs }: TracesDestinationOptions): object {
  const interval = (ms: number): string => formatDuration(Math.min(ms, retryForMs))
  const waits = { initial_interval: interval(500), max_interval: interval(10_000) }
  return {
    ...(token !== undefined && { headers: { authorization: `\${env:${tokenVariable}}` } }),
    sending_queue: { enabled: false },
    retry_on_failure:
      retryForMs === 0 ? { enabled: false } : { ...waits, max_elapsed_time: formatDuration(retryForMs) },
  }
}

function exporterOf({ to, protocol }: TracesDestinationOptions): {
  readonly type: string
  readonly settings: object
} {
  const [, scheme = ''] = /^([a-z][a-z0-9+.-]*):\/\//i.exec(to) ?? []
  const lower = scheme.toLowerCase()
  const address = to.replaceAll('$', '$$$$')
  if (protocol === 'grpc' || lower === 'grpc' || lower === 'grpcs') {
    const insecure = lower === 'grpc' || lower === 'http' || lower === ''
    const endpoint = address.slice(scheme === '' ? 0 : scheme.length + 3).replace(/\/+$/, '')
    if (/^[^\s/]+:\d+$/.test(endpoint))
      return { type: 'otlp_grpc', settings: { endpoint, tls: { insecure } } }
  } else if ((lower === 'http' || lower === 'https') && URL.canParse(to)) {
    const whole = /\/v1\/traces\/?$/.test(new URL(to).pathname)
    return { type: 'otlp_http', settings: { [whole ? 'traces_endpoint' : 'endpoint']: address } }
  }
  throw new SpanloomError('DESTINATION_INVALID', `"${plain(to)}" is no OTLP endpoint`, {
    hint: 'It looks like http://localhost:4318 for OTLP over HTTP, or grpc://localhost:4317 for gRPC.',
  })
}

function handOver(take: (next: TracesConsumer) => void): ReceiverFactory {
  return defineReceiver({
    type: 'replay',
    stability: 'beta',
    description: 'Hands on what is played back.',
    schema: { type: 'object', properties: {}, additionalProperties: false },
    create({ next }) {
      take(next)
      return { start: () => Promise.resolve(), shutdown: () => Promise.resolve() }
    },
  })
}
