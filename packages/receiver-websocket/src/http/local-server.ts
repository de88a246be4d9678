import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'

import {
  type Clock,
  type ComponentTelemetry,
  type Host,
  Listener,
  loadServerTls,
  reloadServerTls,
  type TlsServerConfig,
} from '@spanloom/core'

/** What a local server is made of. */
export interface LocalServerOptions {
  readonly id: string
  /** `host:port`. */
  readonly endpoint: string
  readonly tls: TlsServerConfig | undefined
  readonly telemetry: ComponentTelemetry
  readonly clock: Clock
  /** Answers a request. A rejection is answered with 500. */
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>
  /** Takes a connection that wants to speak another protocol. Without it such requests are refused. */
  upgrade?(request: IncomingMessage, socket: Duplex, head: Buffer): void
}

/** An HTTP server that hands requests on as they came: headers in their spelling, bodies as their bytes. */
export interface LocalServer {
  /** Bound `host:port`; `undefined` before the start. */
  readonly address: string | undefined
  /** @throws StartError when it cannot listen or a TLS file cannot be read */
  start(host: Host): Promise<void>
  /** Takes no new connections and finishes what is under way; what is left when `signal` aborts is dropped. */
  stop(signal: AbortSignal): Promise<void>
}

const maxHeaders = 200
const headersTimeoutMs = 30_000
const requestTimeoutMs = 120_000

/** Makes a server that does not listen yet. */
export function createLocalServer(options: LocalServerOptions): LocalServer {
  const busy = new Set<Socket | Duplex>()
  let listener: Listener | undefined
  let stopReload: (() => void) | undefined
  let stopping = false

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    busy.add(request.socket)
    response.on('close', () => {
      busy.delete(request.socket)
      if (stopping) request.socket.destroy()
    })
    if (stopping) response.shouldKeepAlive = false
    try {
      await options.handle(request, response)
    } catch (error) {
      options.telemetry.logger.error('A request could not be handled.', { error })
      if (response.headersSent) request.socket.destroy()
      else answer(response, 500, 'INTERNAL_ERROR', 'The request could not be handled.')
    }
  }

  const configure = (server: Server): Server => {
    server.maxHeadersCount = maxHeaders
    server.on(
      'request',
      (request: IncomingMessage, response: ServerResponse) => void serve(request, response),
    )
    if (options.upgrade === undefined) return server
    return server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      busy.add(socket)
      socket.on('close', () => busy.delete(socket))
      options.upgrade?.(request, socket, head)
    })
  }

  const createWith = async (tls: TlsServerConfig | undefined): Promise<Server> => {
    const limits = { headersTimeout: headersTimeoutMs, requestTimeout: requestTimeoutMs }
    if (tls === undefined) return configure(createServer(limits))
    const material = await loadServerTls(tls)
    const server = createSecureServer({ ...limits, ...material })
    const { clock, telemetry } = options
    stopReload = reloadServerTls(server, tls, material, { clock, logger: telemetry.logger })
    return configure(server)
  }

  return {
    get address() {
      return listener?.address
    },
    async start(host) {
      const { id, endpoint, telemetry } = options
      const tls = host.offline === undefined ? options.tls : undefined
      listener = new Listener(await createWith(tls), {
        id,
        endpoint,
        transport: 'tcp',
        telemetry,
        protocol: 'websocket receiver',
      })
      await listener.bind(host.sockets)
    },
    async stop(signal) {
      stopping = true
      stopReload?.()
      if (listener === undefined) return
      const drop = (): void => listener?.dropAll()
      if (signal.aborted) drop()
      else signal.addEventListener('abort', drop, { once: true })
      await listener.stop((socket) => busy.has(socket))
      signal.removeEventListener('abort', drop)
    },
  }
}

/** Answers with a JSON body that says what is wrong. */
export function answer(response: ServerResponse, status: number, code: string, message: string): void {
  if (response.headersSent || response.destroyed) return
  const body = JSON.stringify({ error: message, code })
  response
    .writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
    .end(body)
}
