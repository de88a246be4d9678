import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'

import { MetricReader } from '@opentelemetry/sdk-metrics'

import { messageOf, StartError } from '../errors/errors.ts'
import { prometheusMediaType, toPrometheusText, type PrometheusTextOptions } from './prometheus-text.ts'

/** A Prometheus pull reader of `metrics.readers`. */
export interface PrometheusSettings extends PrometheusTextOptions {
  readonly host: string
  /** 0 takes any free port. */
  readonly port: number
}

/** Serves the metrics at `/metrics` to whoever scrapes. */
export class PrometheusServer extends MetricReader {
  readonly #settings: PrometheusSettings
  readonly #server = createServer(
    { requestTimeout: 10_000, headersTimeout: 10_000, keepAliveTimeout: 60_000 },
    (request, response) => void this.#answer(request, response),
  )

  constructor(settings: PrometheusSettings) {
    super()
    this.#settings = settings
  }

  /** Bound port; `undefined` while nothing listens. */
  get port(): number | undefined {
    const address = this.#server.address()
    return typeof address === 'object' && address !== null ? address.port : undefined
  }

  /** @throws StartError when the address cannot be bound. */
  async listen(): Promise<void> {
    const { host, port } = this.#settings
    try {
      await new Promise<void>((resolve, reject) => {
        this.#server.once('error', reject)
        this.#server.listen({ host, port }, () => {
          this.#server.off('error', reject)
          resolve()
        })
      })
    } catch (error) {
      const taken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
      const reason = taken ? 'address already in use' : messageOf(error)
      throw new StartError(
        'METRICS_LISTEN_FAILED',
        `failed to serve own metrics: listen tcp ${host}:${port}: ${reason}`,
        {
          cause: error,
          hint: 'Choose another port in service::telemetry::metrics::readers, or set metrics::level to none.',
        },
      )
    }
    // A failure of one connection or of the listener later on must not end the collector.
    this.#server.on('error', () => undefined)
  }

  protected override async onShutdown(): Promise<void> {
    if (!this.#server.listening) return
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    this.#server.closeAllConnections()
    await closed
  }

  protected override onForceFlush(): Promise<void> {
    return Promise.resolve()
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '').split('?', 1)[0]
    if (path !== '/metrics') {
      response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' }).end('404 not found\n')
      return
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405, { allow: 'GET, HEAD' }).end()
      return
    }
    try {
      const { resourceMetrics } = await this.collect()
      response
        .writeHead(200, { 'content-type': prometheusMediaType })
        .end(toPrometheusText(resourceMetrics, this.#settings))
    } catch (error) {
      if (response.headersSent) response.destroy()
      else
        response.writeHead(500, { 'content-type': 'text/plain; charset=utf-8' }).end(`${messageOf(error)}\n`)
    }
  }
}
