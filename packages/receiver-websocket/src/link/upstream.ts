import type { IncomingMessage } from 'node:http'

import type { Clock, ComponentTelemetry, Timer, TlsClientOptions } from '@spanloom/core'
import { WebSocket } from 'ws'

import { redactedUrl } from '../spans/exchange-span.ts'
import type { Origin } from '../tracking/command.ts'
import type { Metrics } from '../tracking/metrics.ts'
import { Backoff, type ConnectionLoss, type ReconnectSettings, retryAfter } from './backoff.ts'
import { type HeartbeatSettings, startHeartbeat, watchLiveness } from './heartbeat.ts'

/** Settings of one connection; times in milliseconds. */
export interface UpstreamSettings {
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly subprotocols: readonly string[]
  readonly openMessages: readonly string[]
  readonly heartbeat: HeartbeatSettings
  readonly livenessTimeoutMs: number
  readonly connectTimeoutMs: number
  readonly reconnect: ReconnectSettings
  readonly maxMessageBytes: number
}

/** State of a connection, as metrics show it. */
export type UpstreamState = 'connecting' | 'open' | 'waiting' | 'closed'

/** What a connection works with. */
export interface UpstreamOptions {
  readonly settings: UpstreamSettings
  readonly origin: Origin
  readonly tls: TlsClientOptions
  readonly telemetry: ComponentTelemetry
  readonly metrics: Metrics
  readonly clock: Clock
  /** 0 to 1. */
  readonly random: () => number
  readonly onFrame: (data: Buffer, binary: boolean, socket: WebSocket) => void
  readonly onTooLarge: () => void
  /** The connection is up, or down for the reason given. */
  readonly onState: (loss: Error | undefined) => void
}

/** After this time without a loss, the next wait is short again. */
const stableMs = 60_000
const closeTimeoutMs = 2_000
/** Closing codes by which the other side refuses us as we are. */
const refusals: ReadonlySet<number> = new Set([1008, 4401, 4403])

/**
 * A connection to the other side that comes back for ever (`websocket.md` section 8). It is never paused: a paused
 * socket answers no pings and would be dropped.
 */
export class Upstream {
  readonly #options: UpstreamOptions
  readonly #backoff: Backoff
  #socket: WebSocket | undefined
  #state: UpstreamState = 'closed'
  #timers: Timer[] = []
  #stopHeartbeat: () => void = () => undefined
  #loss: ConnectionLoss | undefined
  #closing = false

  constructor(options: UpstreamOptions) {
    this.#options = options
    this.#backoff = new Backoff(options.settings.reconnect, options.random)
  }

  get state(): UpstreamState {
    return this.#state
  }

  connect(): void {
    if (this.#closing) return
    const { settings, tls, clock } = this.#options
    this.#state = 'connecting'
    this.#loss = undefined
    const socket = new WebSocket(settings.url, [...settings.subprotocols], {
      ...tls,
      headers: { ...settings.headers },
      maxPayload: settings.maxMessageBytes,
      perMessageDeflate: false,
      followRedirects: false,
    })
    this.#socket = socket
    const giveUp = clock.schedule(settings.connectTimeoutMs, () => {
      this.#loss = { reason: 'connect_timeout' }
      socket.terminate()
    })
    this.#timers = [giveUp]
    socket.on('unexpected-response', (_request, response) => {
      this.#loss = refusal(response, clock.now())
      response.destroy()
      socket.terminate()
    })
    socket.on('open', () => {
      giveUp.cancel()
      this.#opened(socket)
    })
    socket.on('error', (error: Error & { readonly code?: string }) => {
      if (error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') {
        this.#options.onTooLarge()
        this.#loss ??= { reason: 'too_large' }
      }
      this.#loss ??= { reason: 'error', error }
    })
    socket.on('close', (code, reason) => this.#closed(socket, code, reason.toString('utf8')))
  }

  /** Says goodbye; what the other side does not close in time is cut. */
  async close(signal: AbortSignal): Promise<void> {
    this.#closing = true
    this.#cancelTimers()
    const socket = this.#socket
    if (socket === undefined || socket.readyState === WebSocket.CLOSED) return
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
    const cut = (): void => socket.terminate()
    if (socket.readyState === WebSocket.CONNECTING || signal.aborted) cut()
    else socket.close(1001, 'shutting down')
    const timer = this.#options.clock.schedule(closeTimeoutMs, cut)
    signal.addEventListener('abort', cut, { once: true })
    await closed
    signal.removeEventListener('abort', cut)
    timer.cancel()
  }

  #opened(socket: WebSocket): void {
    const { settings, clock, telemetry, origin, onState } = this.#options
    this.#state = 'open'
    onState(undefined)
    telemetry.logger.info('Connected.', { connection: origin.connection, url: redactedUrl(settings.url) })
    const liveness = watchLiveness(settings.livenessTimeoutMs, clock, () => {
      this.#loss = { reason: 'silent' }
      socket.terminate()
    })
    socket.on('message', (data, binary) => {
      liveness.seen()
      if (Buffer.isBuffer(data) && !this.#closing) this.#options.onFrame(data, binary, socket)
    })
    socket.on('ping', () => liveness.seen())
    socket.on('pong', () => liveness.seen())
    const stable = clock.schedule(stableMs, () => this.#backoff.reset())
    this.#timers = [{ cancel: () => liveness.stop() }, stable]
    this.#stopHeartbeat = startHeartbeat(socket, settings.heartbeat, clock)
    for (const message of settings.openMessages) socket.send(message)
  }

  #closed(socket: WebSocket, code: number, reason: string): void {
    if (socket !== this.#socket) return
    this.#cancelTimers()
    this.#state = 'closed'
    if (this.#closing) return
    const { clock, metrics, telemetry, origin, onState, settings } = this.#options
    const loss = this.#loss ?? { reason: `code_${code}`, refused: refusals.has(code) }
    const waitMs = this.#backoff.next(loss)
    metrics.reconnect(loss.reason)
    telemetry.logger.warn('The connection is gone; it will be made again.', {
      connection: origin.connection,
      url: redactedUrl(settings.url),
      reason: loss.reason,
      code,
      error: loss.error,
      ...(reason === '' ? {} : { said: reason }),
      wait_ms: Math.round(waitMs),
    })
    onState(new Error(`The connection ${origin.connection} is down: ${loss.reason}.`))
    this.#state = 'waiting'
    this.#timers = [clock.schedule(waitMs, () => this.connect())]
  }

  #cancelTimers(): void {
    for (const timer of this.#timers) timer.cancel()
    this.#timers = []
    this.#stopHeartbeat()
    this.#stopHeartbeat = () => undefined
  }
}

function refusal(response: IncomingMessage, nowMs: number): ConnectionLoss {
  const { statusCode = 0, headers } = response
  const wish = retryAfter(headers['retry-after'], nowMs)
  return {
    reason: `http_${statusCode}`,
    refused: statusCode === 401 || statusCode === 403,
    ...(wish === undefined ? {} : { retryAfterMs: wish }),
  }
}
