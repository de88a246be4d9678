import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'

import type { Clock, Logger, Timer, TlsClientOptions } from '@spanloom/core'
import { WebSocket, WebSocketServer } from 'ws'

import { endToEnd } from '../http/end-to-end-headers.ts'
import { refuseUpgrade } from '../link/admission.ts'
import { pump } from './pump.ts'

/** Settings of the relay; times in milliseconds. */
export interface SocketRelaySettings {
  /** Where connections go; the path is the sender's. */
  readonly upstream: URL
  readonly connectTimeoutMs: number
  readonly maxMessageBytes: number
  readonly maxConnections: number
}

/** Looks at the frames of one connection. It must not throw. */
export interface Observer {
  fromServer(data: Buffer, binary: boolean): void
  fromClient(data: Buffer, binary: boolean): void
  tooLarge(): void
  closed(): void
}

/** What the relay works with. */
export interface SocketRelayOptions {
  readonly settings: SocketRelaySettings
  readonly tls: TlsClientOptions
  readonly clock: Clock
  readonly logger: Logger
  observe(url: URL, request: IncomingMessage): Observer
}

/** Headers that each side of the relay makes itself. */
const ownHeaders: ReadonlySet<string> = new Set([
  'sec-websocket-key',
  'sec-websocket-version',
  'sec-websocket-extensions',
  'sec-websocket-protocol',
])
const maxRefusalBytes = 65_536

/**
 * Passes WebSocket connections on: one connection here is one connection there, with the same handshake, the same
 * messages and the same end (`websocket.md` section 6.2). Nothing is answered or sent on its own account.
 */
export class SocketRelay {
  readonly #options: SocketRelayOptions
  readonly #server: WebSocketServer
  readonly #chosen = new WeakMap<IncomingMessage, string>()
  readonly #open = new Set<() => void>()
  #connecting = 0

  constructor(options: SocketRelayOptions) {
    this.#options = options
    this.#server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      autoPong: false,
      perMessageDeflate: false,
      maxPayload: options.settings.maxMessageBytes,
      handleProtocols: (_offered, request) => this.#chosen.get(request) || false,
    })
  }

  get connections(): number {
    return this.#open.size
  }

  get connecting(): number {
    return this.#connecting
  }

  /** Takes a handshake: asks the other side first, and answers as that does. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { settings, clock, logger } = this.#options
    const url = targetOf(settings.upstream, request.url)
    if (url === undefined || this.#open.size + this.#connecting >= settings.maxConnections)
      return refuseUpgrade(socket, url === undefined ? 400 : 503)
    this.#connecting++
    const upstream = this.#connect(url, request)
    let timer: Timer | undefined
    const settled = (): void => {
      timer?.cancel()
      this.#connecting--
      upstream.off('error', failed).off('unexpected-response', refused).off('open', opened)
      socket.off('close', gone)
    }
    const failed = (error: Error): void => {
      settled()
      upstream.on('error', () => undefined)
      upstream.terminate()
      logger.warn('The other side cannot be reached.', { url: url.origin, error })
      refuseUpgrade(socket, 502)
    }
    const gone = (): void => {
      settled()
      upstream.on('error', () => undefined)
      upstream.terminate()
    }
    const refused = (_request: unknown, response: IncomingMessage): void => {
      settled()
      upstream.on('error', () => undefined)
      void passRefusal(socket, response).finally(() => upstream.terminate())
    }
    const opened = (): void => {
      settled()
      if (upstream.protocol !== '') this.#chosen.set(request, upstream.protocol)
      this.#server.handleUpgrade(request, socket, head, (downstream) =>
        this.#join(upstream, downstream, this.#options.observe(url, request)),
      )
    }
    timer = clock.schedule(settings.connectTimeoutMs, () => failed(new Error('There was no answer in time.')))
    socket.on('close', gone)
    upstream.on('error', failed).on('unexpected-response', refused).on('open', opened)
  }

  /** Ends all connections. */
  close(): void {
    for (const end of this.#open) end()
  }

  #connect(url: URL, request: IncomingMessage): WebSocket {
    const { settings, tls } = this.#options
    const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim())
    return new WebSocket(
      url,
      offered.filter((name) => name !== ''),
      {
        ...tls,
        headers: asRecord(endToEnd(request.rawHeaders, ownHeaders)),
        autoPong: false,
        maxPayload: settings.maxMessageBytes,
        perMessageDeflate: false,
        followRedirects: false,
      },
    )
  }

  #join(upstream: WebSocket, downstream: WebSocket, observer: Observer): void {
    const end = (): void => {
      upstream.close(1001, 'shutting down')
      downstream.close(1001, 'shutting down')
    }
    this.#open.add(end)
    const [up, down] = [pump(upstream, downstream), pump(downstream, upstream)]
    // Passed on first: whatever happens while looking at a frame, it has gone its way.
    up.start(
      (data, binary) => observer.fromServer(data, binary),
      () => observer.tooLarge(),
    )
    down.start(
      (data, binary) => observer.fromClient(data, binary),
      () => observer.tooLarge(),
    )
    let ended = 0
    const ending = (): void => {
      if (++ended < 2) return
      this.#open.delete(end)
      observer.closed()
    }
    upstream.on('close', ending)
    downstream.on('close', ending)
  }
}

/** The sender's path on the configured host; `undefined` for a target that is no path. */
function targetOf(upstream: URL, target: string | undefined): URL | undefined {
  if (target === undefined || !target.startsWith('/')) return undefined
  const url = new URL(upstream)
  const query = target.indexOf('?')
  url.pathname = query < 0 ? target : target.slice(0, query)
  url.search = query < 0 ? '' : target.slice(query)
  return url
}

/** Names and values in turn, as Node's client takes them; repeated ones become lists. */
function asRecord(raw: readonly string[]): Record<string, string | string[]> {
  const record = new Map<string, string[]>()
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const [name = '', value = ''] = [raw[at], raw[at + 1]]
    const known = record.get(name)
    if (known === undefined) record.set(name, [value])
    else known.push(value)
  }
  return Object.fromEntries(
    [...record].map(([name, values]) => [name, values.length === 1 ? (values[0] ?? '') : values]),
  )
}

async function passRefusal(socket: Duplex, response: IncomingMessage): Promise<void> {
  const chunks: Buffer[] = []
  let length = 0
  try {
    for await (const chunk of response) {
      const bytes = Buffer.from(chunk)
      length += bytes.length
      if (length > maxRefusalBytes) break
      chunks.push(bytes)
    }
  } catch {
    // What came of the body is what is passed on.
  }
  refuseUpgrade(socket, response.statusCode ?? 502, endToEnd(response.rawHeaders), Buffer.concat(chunks))
}
