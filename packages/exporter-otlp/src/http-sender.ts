import {
  bodyFormat,
  createCompressor,
  createHttpClient,
  type ExporterOptions,
  type ExporterSender,
  type HttpClient,
  type HttpClientConfig,
  parseBodyFormat,
  redactUrl,
  toOtlpJson,
} from '@spanloom/core'

import { readAnswer } from './http-answer.ts'
import { tracesUrl } from './http-endpoint.ts'

/** Parsed settings of `otlp_http` as far as its sender reads them. */
export interface OtlpHttpConfig extends HttpClientConfig {
  readonly traces_endpoint?: string | undefined
  readonly encoding: 'proto' | 'json'
}

/** At most this much of an answer is read (OTE-07). */
const maxResponseBytes = 65_536

/** Posts batches to an OTLP/HTTP server (7.1). */
export function createHttpSender(options: ExporterOptions<OtlpHttpConfig>): ExporterSender {
  const { config, clock, telemetry, build } = options
  const url = new URL(tracesUrl(config.endpoint, config.traces_endpoint))
  const compressor = createCompressor(config.compression, config.compression_params.level)
  const current = bodyFormat({
    mediaType: config.encoding === 'json' ? 'application/json' : 'application/x-protobuf',
    compression: compressor.contentEncoding,
  })
  const credentials = credentialsIn(url)
  const shown = redactUrl(url.href)
  let client: HttpClient | undefined

  return {
    metricAttributes: {
      'server.address': url.hostname.replaceAll(/[[\]]/g, ''),
      'server.port': Number(url.port || (url.protocol === 'https:' ? 443 : 80)),
      'url.path': url.pathname,
    },
    async start(host) {
      client = await createHttpClient(config, { host, clock, logger: telemetry.logger, build })
    },
    format: current,
    encode: (traces) =>
      compressor.compress(config.encoding === 'json' ? Buffer.from(toOtlpJson(traces)) : traces.toProtobuf()),
    async send(body, { signal, format = current }) {
      if (client === undefined) throw new Error('The exporter was not started.')
      const headers = { ...contentHeaders(format), ...credentials }
      const response = await client.request({ method: 'POST', url, headers, body, signal, maxResponseBytes })
      return readAnswer(response, { url: shown, now: clock.now() })
    },
    async shutdown(signal) {
      await client?.close(signal)
    },
  }
}

function contentHeaders(format: string): Readonly<Record<string, string>> {
  const { mediaType, compression } = parseBodyFormat(format)
  return {
    'content-type': mediaType,
    ...(compression === undefined ? {} : { 'content-encoding': compression }),
  }
}

/** User and password of a URL go where servers look for them. */
function credentialsIn({ username, password }: URL): { readonly authorization?: string } {
  if (username === '' && password === '') return {}
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` }
}
