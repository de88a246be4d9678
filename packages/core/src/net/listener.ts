import { lookup } from 'node:dns/promises'
import { type AddressInfo, isIP, type ListenOptions, type Server, type Socket } from 'node:net'

import { StartError } from '../errors/errors.ts'
import type { ComponentTelemetry } from '../telemetry/component-telemetry.ts'
import { type Endpoint, joinHostPort, parseEndpoint, type Transport } from './endpoint.ts'

/** What a listener needs to know about the component that it serves. */
export interface ListenerOptions {
  /** Id of the component, for messages. */
  readonly id: string
  readonly endpoint: string
  readonly transport: Transport
  readonly telemetry: Pick<ComponentTelemetry, 'logger' | 'status'>
}

/**
 * One listening socket with its connections: binds, tells when the listener dies (STA-04), and stops
 * accepting without leaving a connection behind that has nothing in flight.
 */
export class Listener {
  readonly #server: Server
  readonly #options: ListenerOptions
  readonly #endpoint: Endpoint
  readonly #connections = new Set<Socket>()
  readonly #secured = new Set<Socket>()
  readonly #closed = Promise.withResolvers<void>()
  #stopping = false
  #address: string | undefined

  /** `server` is a `net.Server`, or one built on it, that does not listen yet. */
  constructor(server: Server, options: ListenerOptions) {
    this.#server = server
    this.#options = options
    this.#endpoint = parseEndpoint(options.endpoint, options.transport)
    server.on('connection', (socket: Socket) => keep(this.#connections, socket))
    server.on('secureConnection', (socket: Socket) => keep(this.#secured, socket))
  }

  /** Bound address, `host:port` or the path of a socket; `undefined` before `bind`. */
  get address(): string | undefined {
    return this.#address
  }

  /** Bound port; `undefined` before `bind` and for a unix socket. */
  get port(): number | undefined {
    const address = this.#server.address()
    return typeof address === 'object' ? address?.port : undefined
  }

  /** @throws StartError in the form `listen tcp 127.0.0.1:4318: address already in use` (RUN-03). */
  async bind(): Promise<void> {
    const where = this.#listenOptions()
    try {
      const options = await where
      await new Promise<void>((resolve, reject) => {
        this.#server.once('error', reject)
        this.#server.listen(options, () => {
          this.#server.off('error', reject)
          resolve()
        })
      })
    } catch (error) {
      throw this.#startError(error)
    }
    const bound: AddressInfo | string | null = this.#server.address()
    this.#address =
      typeof bound === 'string' || bound === null ? (bound ?? '') : joinHostPort(bound.address, bound.port)
    this.#server.on('error', (error) => this.#onError(error))
    this.#server.on('close', () => {
      if (!this.#stopping) this.#die(new Error('The listener was closed.'))
      this.#closed.resolve()
    })
  }

  /**
   * Stops accepting and drops every connection that `isBusy` does not claim.
   * Resolves when the last connection is gone; `dropAll` brings that about.
   */
  stop(isBusy: (socket: Socket) => boolean): Promise<void> {
    this.#stopping = true
    if (this.#server.listening) this.#server.close()
    else this.#closed.resolve()
    const secured = new Set([...this.#secured].map(peerOf))
    for (const socket of this.#secured) if (!isBusy(socket)) socket.destroy()
    for (const socket of this.#connections) {
      const handshakeDone = secured.has(peerOf(socket))
      if (!handshakeDone && !isBusy(socket)) socket.destroy()
    }
    return this.#closed.promise
  }

  /** Drops all connections, whatever they do. */
  dropAll(): void {
    for (const socket of [...this.#secured, ...this.#connections]) socket.destroy()
  }

  async #listenOptions(): Promise<ListenOptions> {
    if (this.#endpoint.kind === 'unix') return { path: this.#endpoint.path }
    const { host, port } = this.#endpoint
    const { transport } = this.#options
    const family = transport === 'tcp4' ? 4 : transport === 'tcp6' ? 6 : 0
    const ipv6Only = transport === 'tcp6'
    if (host === '')
      return { port, ipv6Only, ...(family === 0 ? {} : { host: family === 4 ? '0.0.0.0' : '::' }) }
    if (isIP(host) !== 0) return { port, host, ipv6Only }
    // A name such as localhost binds its IPv4 address where it has one, which is what clients of the reference expect.
    const { address } = await lookup(host, { family, order: 'ipv4first' })
    return { port, host: address, ipv6Only }
  }

  #startError(cause: unknown): StartError {
    const { id, endpoint, transport } = this.#options
    const code = codeOf(cause)
    const where = this.#endpoint.kind === 'unix' ? `unix ${this.#endpoint.path}` : `${transport} ${endpoint}`
    const reason = reasons.get(code) ?? (cause instanceof Error ? cause.message : String(cause))
    const hint = `Change the endpoint of "${id}", or stop the program that uses it.`
    return new StartError('LISTEN_FAILED', `listen ${where}: ${reason}`, {
      cause,
      ...(code === 'EADDRINUSE' ? { hint } : {}),
    })
  }

  #onError(error: Error): void {
    if (this.#stopping) return
    if (passing.has(codeOf(error)))
      this.#options.telemetry.logger.warn('Could not accept a connection.', { error })
    else this.#die(error)
  }

  #die(error: Error): void {
    this.#options.telemetry.status.fatalError(error)
  }
}

/** Shortages that pass; a listener survives them. */
const passing = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'ECONNABORTED', 'EPROTO', 'EPERM'])

/** The reference's words for failures to listen. */
const reasons = new Map([
  ['EADDRINUSE', 'address already in use'],
  ['EADDRNOTAVAIL', 'cannot assign requested address'],
  ['EACCES', 'permission denied'],
  ['ENOTFOUND', 'no such host'],
  ['EAI_AGAIN', 'no such host'],
  ['ENOENT', 'no such file or directory'],
  ['EAFNOSUPPORT', 'address family not supported by protocol'],
])

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''

const peerOf = (socket: Socket): string => `${socket.remoteAddress} ${socket.remotePort}`

function keep(sockets: Set<Socket>, socket: Socket): void {
  sockets.add(socket)
  socket.once('close', () => sockets.delete(socket))
}
