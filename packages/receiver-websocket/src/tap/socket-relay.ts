import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'

import type { Clock, Logger, TlsClientOptions } from '@spanloom/core'

import { endToEnd } from '../http/end-to-end-headers.ts'
import { refuseUpgrade } from '../link/admission.ts'
import { acceptance, type HandshakeAnswer, repeatHandshake } from './handshake.ts'
import { type Observer, type Splice, splice } from './splice.ts'

/** Settings of the relay; times in milliseconds. */
export interface SocketRelaySettings {
  /** Where connections go; the path is the sender's. */
  readonly upstream: URL
  readonly connectTimeoutMs: number
  readonly maxMessageBytes: number
  readonly maxConnections: number
}

/** What the relay works with. */
export interface SocketRelayOptions {
  readonly settings: SocketRelaySettings
  readonly tls: TlsClientOptions
  readonly clock: Clock
  readonly logger: Logger
  readonly observe: (url: URL, request: IncomingMessage) => Observer
}

const maxRefusalBytes = 65_536
const keepAliveMs = 60_000

/**
 * Passes WebSocket connections on: one connection here is one connection there (`websocket.md` section 6.2). The
 * handshake and every byte after it are those of the two who talk; nothing is answered or sent on its own account.
 */
export class SocketRelay {
  readonly #options: SocketRelayOptions
  readonly #open = new Set<Splice>()
  #connecting = 0
  #empty: (() => void) | undefined

  constructor(options: SocketRelayOptions) {
    this.#options = options
  }

  get connections(): number {
    return this.#open.size
  }

  get connecting(): number {
    return this.#connecting
  }

  /** Takes a handshake: asks the other side first, and answers as that does. */
  upgrade(request: IncomingMessage, client: Duplex, head: Buffer): void {
    const { settings, clock, logger, tls } = this.#options
    const { url: target } = request
    const full = this.#open.size + this.#connecting >= settings.maxConnections
    if (full || target === undefined || !target.startsWith('/'))
      return refuseUpgrade(client, full ? 503 : 400)
    const url = targetOf(settings.upstream, target)
    let settled = false
    const settle = (answer: HandshakeAnswer): void => {
      if (settled) return
      settled = true
      this.#connecting--
      timer.cancel()
      client.off('close', gone)
      if (answer.kind === 'accepted') return this.#join(url, request, client, head, answer)
      if (answer.kind === 'refused') return void passRefusal(client, answer.response)
      logger.warn('The other side cannot be reached.', { url: url.origin, error: answer.error })
      refuseUpgrade(client, 502)
    }
    const giveUp = (reason: string): void => {
      outgoing.destroy()
      settle({ kind: 'failed', error: new Error(reason) })
    }
    const gone = (): void => giveUp('The integrator went away.')
    this.#connecting++
    client.on('error', () => undefined).on('close', gone)
    const outgoing = repeatHandshake(url, request, tls, settle)
    const timer = clock.schedule(settings.connectTimeoutMs, () => giveUp('There was no answer in time.'))
  }

  /** Ends all connections; those that do not end in time are cut off. */
  async close(signal: AbortSignal): Promise<void> {
    const cut = (): void => {
      for (const each of this.#open) each.cut()
    }
    for (const each of this.#open) each.end(1001)
    if (signal.aborted) cut()
    signal.addEventListener('abort', cut, { once: true })
    if (this.#open.size > 0) await new Promise<void>((resolve) => (this.#empty = resolve))
    signal.removeEventListener('abort', cut)
  }

  #join(
    url: URL,
    request: IncomingMessage,
    client: Duplex,
    head: Buffer,
    { response, socket: server, head: serverHead }: Extract<HandshakeAnswer, { kind: 'accepted' }>,
  ): void {
    const { settings, clock } = this.#options
    const observer = this.#options.observe(url, request)
    tune(server)
    if (isSocket(client)) tune(client)
    client.write(acceptance(response))
    // What came together with the handshakes is read again, in its order.
    if (serverHead.length > 0) server.unshift(serverHead)
    if (head.length > 0) client.unshift(head)
    const joined: Splice = splice(
      server,
      client,
      { maxBytes: settings.maxMessageBytes, clock },
      {
        fromServer: (data, binary) => observer.fromServer(data, binary),
        fromClient: (data, binary) => observer.fromClient(data, binary),
        tooLarge: () => observer.tooLarge(),
        unreadable: () => observer.unreadable(),
        closed: () => {
          this.#open.delete(joined)
          if (this.#open.size === 0) this.#empty?.()
          observer.closed()
        },
      },
    )
    this.#open.add(joined)
  }
}

function tune(socket: Socket): void {
  socket.setTimeout(0)
  socket.setNoDelay(true)
  socket.setKeepAlive(true, keepAliveMs)
}

const isSocket = (stream: Duplex): stream is Socket => 'setNoDelay' in stream

/** The sender's path on the configured host, for spans. */
function targetOf(upstream: URL, target: string): URL {
  const url = new URL(upstream)
  const query = target.indexOf('?')
  url.pathname = query < 0 ? target : target.slice(0, query)
  url.search = query < 0 ? '' : target.slice(query)
  return url
}

async function passRefusal(client: Duplex, response: IncomingMessage): Promise<void> {
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
  refuseUpgrade(client, response.statusCode ?? 502, endToEnd(response.rawHeaders), Buffer.concat(chunks))
}
