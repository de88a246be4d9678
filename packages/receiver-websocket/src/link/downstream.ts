import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'

import type { Clock } from '@spanloom/core'
import { type WebSocket, WebSocketServer } from 'ws'

import { type AdmissionSettings, refusalOf, refuseUpgrade } from './admission.ts'
import { type HeartbeatSettings, startHeartbeat, watchLiveness } from './heartbeat.ts'

/** Settings of connections that others make to us; times in milliseconds. */
export interface DownstreamSettings {
  readonly admission: AdmissionSettings
  readonly subprotocols: readonly string[]
  readonly openMessages: readonly string[]
  readonly heartbeat: HeartbeatSettings
  readonly livenessTimeoutMs: number
  readonly maxMessageBytes: number
}

/** What takes connections. */
export interface DownstreamOptions {
  readonly settings: DownstreamSettings
  readonly clock: Clock
  readonly onConnection: (
    socket: WebSocket,
    request: IncomingMessage,
  ) => {
    onFrame(data: Buffer, binary: boolean): void
    onTooLarge(): void
  }
}

const closeTimeoutMs = 2_000

/** Takes the connections that the other side makes to us (`websocket.md` section 6.1, listening variant). */
export class Downstream {
  readonly #options: DownstreamOptions
  readonly #server: WebSocketServer
  readonly #sockets = new Set<WebSocket>()
  #closing = false

  constructor(options: DownstreamOptions) {
    this.#options = options
    const { subprotocols, maxMessageBytes } = options.settings
    this.#server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: maxMessageBytes,
      handleProtocols: (offered) => subprotocols.find((protocol) => offered.has(protocol)) ?? false,
    })
  }

  get connections(): number {
    return this.#sockets.size
  }

  /** Takes or refuses a handshake. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { admission } = this.#options.settings
    const refusal = this.#closing ? 503 : refusalOf(request, admission, this.#sockets.size)
    if (refusal !== undefined) {
      const basic = refusal === 401 && admission.basic !== undefined
      return refuseUpgrade(socket, refusal, basic ? ['www-authenticate', 'Basic realm="spanloom"'] : [])
    }
    this.#server.handleUpgrade(request, socket, head, (opened) => this.#opened(opened, request))
  }

  /** Says goodbye to everybody; whoever does not close in time is cut. */
  async close(signal: AbortSignal): Promise<void> {
    this.#closing = true
    const open = [...this.#sockets]
    const closed = open.map((socket) => new Promise<void>((resolve) => socket.once('close', () => resolve())))
    const cut = (): void => {
      for (const socket of open) socket.terminate()
    }
    if (signal.aborted) cut()
    else for (const socket of open) socket.close(1001, 'shutting down')
    const timer = this.#options.clock.schedule(closeTimeoutMs, cut)
    signal.addEventListener('abort', cut, { once: true })
    await Promise.all(closed)
    signal.removeEventListener('abort', cut)
    timer.cancel()
  }

  #opened(socket: WebSocket, request: IncomingMessage): void {
    const { settings, clock, onConnection } = this.#options
    this.#sockets.add(socket)
    const owner = onConnection(socket, request)
    const liveness = watchLiveness(settings.livenessTimeoutMs, clock, () => socket.terminate())
    const stopHeartbeat = startHeartbeat(socket, settings.heartbeat, clock)
    socket.on('message', (data, binary) => {
      liveness.seen()
      if (Buffer.isBuffer(data) && !this.#closing) owner.onFrame(data, binary)
    })
    socket.on('ping', () => liveness.seen())
    socket.on('pong', () => liveness.seen())
    socket.on('error', (error: Error & { readonly code?: string }) => {
      if (error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') owner.onTooLarge()
    })
    socket.on('close', () => {
      liveness.stop()
      stopHeartbeat()
      this.#sockets.delete(socket)
    })
    for (const message of settings.openMessages) socket.send(message)
  }
}
