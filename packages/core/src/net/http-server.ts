import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { Socket } from 'node:net'

import type { Clock } from '../clock/clock.ts'
import type { Host } from '../component/component.ts'
import { ShutdownError } from '../errors/errors.ts'
import type { ComponentTelemetry } from '../telemetry/component-telemetry.ts'
import { tooLarge } from './body.ts'
import { type Cors, createCors } from './cors.ts'
import { contentEncoding, contentEncodings } from './decompress.ts'
import { headerEntries } from './header-map.ts'
import { answerTo, type HttpAnswer, type HttpReply } from './http-answer.ts'
import { declaredLength, HttpRequest, queryOf } from './http-request.ts'
import type { HttpServerConfig } from './http-server-settings.ts'
import { Listener } from './listener.ts'
import { findServerGuards, type ServerGuards } from './server-guards.ts'
import { loadServerTls, reloadServerTls } from './tls-server.ts'

/** Answers one request. A rejection is answered by {@link HttpServerOptions.fault}. */
export type HttpHandler = (request: HttpRequest) => Promise<HttpAnswer> | HttpAnswer

/** What an HTTP server is made of. */
export interface HttpServerOptions {
  /** Id of the component that it belongs to. */
  readonly id: string
  readonly config: HttpServerConfig
  readonly telemetry: Pick<ComponentTelemetry, 'logger' | 'status'>
  readonly clock: Clock
  readonly handle: HttpHandler
  /**
   * Puts an error into the words of the protocol: what a handler threw, or an `HttpFault` of a check that
   * came before it. `headers` are those of the request.
   */
  fault(error: unknown, headers: IncomingMessage['headers']): HttpAnswer
  /** Bytes of the request line and the headers at most; a longer head is answered with 431. Default 16 KiB. */
  readonly maxHeaderBytes?: number
}

/** A running or startable HTTP server. */
export interface HttpServer {
  /** @throws StartError when it cannot listen, or an extension or a TLS file that it needs is missing. */
  start(host: Host): Promise<void>
  /** Stops accepting, finishes what is in flight, and drops it when `signal` aborts. */
  shutdown(signal: AbortSignal): Promise<void>
  /** Where it listens, such as `127.0.0.1:4318`; `undefined` before the start. */
  readonly address: string | undefined
  /** The same as a URL; `undefined` before the start and for a unix socket. */
  readonly url: URL | undefined
}

/** One request on its way to its answer. */
interface Exchange {
  readonly socket: Socket
  readonly gone: AbortController
  /** Whether its answer is a stream. */
  streams: boolean
}

/** A server that does not listen yet, and how to keep its certificates fresh once it does. */
interface PlainOrSecure {
  readonly server: Server
  readonly startReload: () => () => void
}

/** How long streams may take to end once the server stops: their clients may be asleep. */
const lastWordsMs = 1_000

function dropExchange({ gone, socket }: Exchange, reason: unknown): void {
  gone.abort(reason)
  socket.destroy()
}

/** Body limit where the settings name none. */
export const defaultBodyLimit = 20_971_520

/**
 * An HTTP server with everything that section 10.1 of `collector-conventions.md` promises.
 *
 * Checks come in the order of OTR-04: response headers, CORS, authentication, size, encoding, request
 * guards; then the handler, which routes and reads the body.
 */
export function createHttpServer(options: HttpServerOptions): HttpServer {
  return new NodeHttpServer(options)
}

class NodeHttpServer implements HttpServer {
  readonly #options: HttpServerOptions
  readonly #config: HttpServerConfig
  readonly #limitBytes: number
  readonly #encodings: ReadonlySet<string>
  readonly #exchanges = new Set<Exchange>()
  /** Settles when the last exchange has ended after the stop began. */
  #idle: PromiseWithResolvers<void> | undefined
  #cors: Cors | undefined
  #headers: readonly (readonly [string, string])[] = []
  #guards: ServerGuards | undefined
  #listener: Listener | undefined
  #stopReload: () => void = () => undefined
  #stopping = false

  constructor(options: HttpServerOptions) {
    this.#options = options
    this.#config = options.config
    const limit = options.config.max_request_body_size
    this.#limitBytes = limit > 0 ? limit : defaultBodyLimit
    this.#encodings = new Set(options.config.compression_algorithms ?? contentEncodings)
  }

  get address(): string | undefined {
    return this.#listener?.address
  }

  get url(): URL | undefined {
    const { address } = this
    if (address === undefined || this.#listener?.port === undefined) return undefined
    const reachable = address.replace(/^\[::\]/, '[::1]').replace(/^0\.0\.0\.0:/, '127.0.0.1:')
    return new URL(`${this.#config.tls === undefined ? 'http' : 'https'}://${reachable}`)
  }

  async start(host: Host): Promise<void> {
    const { id, telemetry, clock } = this.#options
    const { endpoint = '', transport } = this.#config
    const tls = host.offline === undefined ? this.#config.tls : undefined
    this.#guards = findServerGuards(host, this.#config)
    this.#headers = headerEntries(this.#config.response_headers)
    this.#cors = createCors(this.#config.cors)
    const { server, startReload } = await this.#createServer(tls, telemetry, clock)
    this.#listener = new Listener(server, {
      id,
      endpoint,
      transport,
      telemetry,
      protocol: tls === undefined ? 'http' : `https ${JSON.stringify(tls)}`,
      serve: (request, response) => void this.#serve(request, response),
    })
    await this.#listener.bind(host.sockets)
    this.#stopReload = startReload()
    telemetry.logger.info('Starting HTTP server', { endpoint: this.address, tls: tls !== undefined })
  }

  async shutdown(signal: AbortSignal): Promise<void> {
    this.#stopping = true
    this.#stopReload()
    const listener = this.#listener
    if (listener === undefined) return
    const drop = (): void => {
      for (const exchange of this.#exchanges) dropExchange(exchange, signal.reason)
      listener.dropAll()
    }
    const lastWords = this.#options.clock.schedule(lastWordsMs, () => {
      for (const exchange of this.#exchanges)
        if (exchange.streams) dropExchange(exchange, new ShutdownError())
    })
    if (signal.aborted) drop()
    else signal.addEventListener('abort', drop, { once: true })
    const busy = new Set([...this.#exchanges].map(({ socket }) => socket))
    await Promise.all([listener.stop((socket) => busy.has(socket)), this.#answered()])
    lastWords.cancel()
    signal.removeEventListener('abort', drop)
  }

  /** Also waits for exchanges on connections that an earlier owner of the socket left behind. */
  #answered(): Promise<void> {
    this.#idle ??= Promise.withResolvers()
    if (this.#exchanges.size === 0) this.#idle.resolve()
    return this.#idle.promise
  }

  async #createServer(
    tls: HttpServerConfig['tls'],
    telemetry: HttpServerOptions['telemetry'],
    clock: Clock,
  ): Promise<PlainOrSecure> {
    const { read_timeout: wholeMs, read_header_timeout: headerMs, idle_timeout: idleMs } = this.#config
    const { maxHeaderBytes } = this.#options
    const limits = [wholeMs, headerMs].filter((ms) => ms > 0)
    const options: ServerOptions = {
      requestTimeout: wholeMs,
      headersTimeout: wholeMs > 0 ? Math.min(headerMs === 0 ? wholeMs : headerMs, wholeMs) : headerMs,
      keepAliveTimeout: idleMs,
      connectionsCheckingInterval: Math.max(10, Math.min(...limits, 60_000) / 4),
      ...(maxHeaderBytes === undefined ? {} : { maxHeaderSize: maxHeaderBytes }),
    }
    const serve = (request: IncomingMessage, response: ServerResponse): void =>
      void (this.#stopping ? this.#passOn(request, response) : this.#serve(request, response))
    const serving = <S extends Server>(server: S): S => server.on('request', serve).on('checkContinue', serve)
    if (tls === undefined)
      return { server: serving(createServer(options)), startReload: () => () => undefined }
    const secure = await loadServerTls(tls)
    const server = createSecureServer({ ...options, ...secure, handshakeTimeout: headerMs || 60_000 })
    const tools = { clock, logger: telemetry.logger }
    return { server: serving(server), startReload: () => reloadServerTls(server, tls, secure, tools) }
  }

  /** A request on a connection that outlived its server; the answer asks the sender for a new connection. */
  async #passOn(raw: IncomingMessage, response: ServerResponse): Promise<void> {
    response.shouldKeepAlive = false
    const heir = await this.#listener?.heir()
    if (heir?.serve !== undefined) heir.serve(raw, response)
    else await this.#serve(raw, response, new ShutdownError())
  }

  async #serve(raw: IncomingMessage, response: ServerResponse, refusal?: Error): Promise<void> {
    const { socket } = raw
    const gone = new AbortController()
    const exchange: Exchange = { socket, gone, streams: false }
    this.#exchanges.add(exchange)
    const { write_timeout: writeMs } = this.#config
    const timer = writeMs > 0 ? this.#options.clock.schedule(writeMs, () => socket.destroy()) : undefined
    const reply = answerTo(raw, response, { clock: this.#options.clock, patienceMs: writeMs })
    response.on('close', () => {
      timer?.cancel()
      this.#exchanges.delete(exchange)
      if (this.#exchanges.size === 0) this.#idle?.resolve()
      if (!response.writableFinished) gone.abort(new Error('The sender went away.'))
    })
    try {
      if (refusal !== undefined) throw refusal
      const answer = await this.#answer(raw, response, gone.signal)
      // A stream takes the time that it takes; what is limited is how long its client may stand still.
      exchange.streams = answer.stream !== undefined
      if (exchange.streams) timer?.cancel()
      this.#send(reply, response, answer)
    } catch (error) {
      this.#send(reply, response, this.#options.fault(error, raw.headers))
    }
  }

  #send(reply: HttpReply, response: ServerResponse, answer: HttpAnswer): void {
    if (this.#stopping || !this.#config.keep_alives_enabled) response.shouldKeepAlive = false
    reply.send(answer)
  }

  async #answer(raw: IncomingMessage, response: ServerResponse, signal: AbortSignal): Promise<HttpAnswer> {
    for (const [name, value] of this.#headers) response.setHeader(name, value)
    if (this.#cors?.apply({ method: raw.method ?? '', headers: raw.headers }, response))
      return { status: 204 }
    const auth = await this.#guards?.authenticate?.(this.#authHeaders(raw))
    if (declaredLength(raw) > this.#limitBytes) throw tooLarge(this.#limitBytes)
    const encoding = contentEncoding(raw.headers['content-encoding'], this.#encodings)
    this.#guards?.admit()
    const facts = {
      auth,
      encoding,
      limitBytes: this.#limitBytes,
      includeMetadata: this.#config.include_metadata,
    }
    return this.#options.handle(new HttpRequest({ raw, response, signal }, facts))
  }

  #authHeaders(raw: IncomingMessage): Readonly<Record<string, string | readonly string[] | undefined>> {
    const params = this.#config.auth?.request_params ?? []
    if (params.length === 0) return raw.headers
    const query = queryOf(raw.url ?? '/')
    const shown = params.flatMap((name) => {
      const value = query.get(name)
      return value === null || value === '' ? [] : [[name.toLowerCase(), value] as const]
    })
    return { ...raw.headers, ...Object.fromEntries(shown) }
  }
}
