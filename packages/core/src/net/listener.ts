import { lookup } from 'node:dns/promises'
import { Server as HttpServer } from 'node:http'
import { isIP, type ListenOptions, type Server, type Socket } from 'node:net'

import type { ListeningSockets, SocketClaim, SocketOwner } from '../component/listening-sockets.ts'
import { StartError } from '../errors/errors.ts'
import type { ComponentTelemetry } from '../telemetry/component-telemetry.ts'
import { Acceptors } from './acceptors.ts'
import { type Endpoint, joinHostPort, parseEndpoint, type Transport } from './endpoint.ts'

/** What a listener needs to know about the component that it serves. */
export interface ListenerOptions {
  /** Id of the component, for messages. */
  readonly id: string
  readonly endpoint: string
  readonly transport: Transport
  readonly telemetry: Pick<ComponentTelemetry, 'logger' | 'status'>
  /** What the server speaks; see {@link SocketOwner.protocol}. */
  readonly protocol: string
  /** See {@link SocketOwner.serve}. */
  readonly serve?: SocketOwner['serve']
}

/**
 * One listening socket with its connections: binds, tells when the listener dies (STA-04), and stops
 * accepting. A connection that has nothing in flight is closed then, or left to the next owner of the socket.
 */
export class Listener {
  readonly #server: Server
  readonly #options: ListenerOptions
  readonly #endpoint: Endpoint
  readonly #connections = new Set<Socket>()
  readonly #secured = new Set<Socket>()
  /** Connections that were left to the next owner of the socket. */
  readonly #left = new Set<Socket>()
  readonly #gone = Promise.withResolvers<void>()
  #stopping = false
  #claim: SocketClaim | undefined

  /** `server` is a `net.Server`, or one built on it, that does not listen; it is given connections. */
  constructor(server: Server, options: ListenerOptions) {
    this.#server = server
    this.#options = options
    this.#endpoint = parseEndpoint(options.endpoint, options.transport)
    server.on('connection', (socket: Socket) => this.#keep(this.#connections, socket))
    server.on('secureConnection', (socket: Socket) => this.#keep(this.#secured, socket))
  }

  /** Bound address, `host:port` or the path of a socket; `undefined` before `bind`. */
  get address(): string | undefined {
    const bound = this.#claim?.address
    return typeof bound === 'object' ? joinHostPort(bound.address, bound.port) : bound
  }

  /** Bound port; `undefined` before `bind` and for a unix socket. */
  get port(): number | undefined {
    const bound = this.#claim?.address
    return typeof bound === 'object' ? bound.port : undefined
  }

  /**
   * Listens, or takes the socket over from an instance that is about to stop.
   *
   * @throws StartError in the form `listen tcp 127.0.0.1:4318: address already in use` (RUN-03).
   */
  async bind(sockets: ListeningSockets = new Acceptors().for({ name: '', leaving: false })): Promise<void> {
    const { protocol, serve } = this.#options
    // An HTTP server answers on half-open connections; for the others they end with the sender's last byte.
    const allowHalfOpen = this.#server instanceof HttpServer
    try {
      this.#claim = await sockets.claim(await this.#listenOptions(sockets.takesNames), {
        protocol,
        accept: (socket) => {
          socket.allowHalfOpen = allowHalfOpen
          this.#server.emit('connection', socket)
        },
        failed: (error) => this.#onError(error),
        ...(serve === undefined ? {} : { serve }),
      })
    } catch (error) {
      throw this.#startError(error)
    }
    this.#server.on('error', (error) => this.#onError(error))
    this.#server.on('close', () => {
      if (!this.#stopping) this.#die(new Error('The listener was closed.'))
    })
    // Node's HTTP server enforces its time limits from this event on.
    this.#server.emit('listening')
  }

  /** Who serves the socket after `stop`; `undefined` if nobody does. */
  async heir(): Promise<SocketOwner | undefined> {
    return this.#claim?.heir()
  }

  /**
   * Stops accepting. A connection that `isBusy` does not claim is dropped, or left to the next owner of the socket
   * where there is one. Resolves when the last connection that was not left is gone; `dropAll` brings that about.
   */
  stop(isBusy: (socket: Socket) => boolean): Promise<void> {
    if (this.#stopping) return this.#gone.promise
    this.#stopping = true
    const livesOn = this.#claim?.release() === true
    if (!livesOn) this.#server.close()
    const leaves = livesOn && this.#options.serve !== undefined
    const secured = new Set<string>()
    const idle = new Set<string>()
    for (const socket of this.#secured) {
      secured.add(peerOf(socket))
      if (isBusy(socket)) continue
      if (leaves) idle.add(peerOf(socket))
      else socket.destroy()
    }
    for (const socket of this.#connections) {
      const handshakeDone = secured.has(peerOf(socket))
      if (handshakeDone ? !idle.has(peerOf(socket)) : isBusy(socket)) continue
      if (leaves) this.#leave(socket)
      else socket.destroy()
    }
    this.#checkGone()
    return this.#gone.promise
  }

  /** Drops all connections, whatever they do. */
  dropAll(): void {
    for (const socket of [...this.#secured, ...this.#connections]) socket.destroy()
  }

  /** The server goes on reading the connection, and is only closed when all of these are gone. */
  #leave(socket: Socket): void {
    this.#left.add(socket)
    this.#connections.delete(socket)
    this.#claim?.leave(socket)
  }

  #keep(sockets: Set<Socket>, socket: Socket): void {
    sockets.add(socket)
    socket.once('close', () => {
      sockets.delete(socket)
      this.#left.delete(socket)
      this.#checkGone()
    })
  }

  #checkGone(): void {
    if (!this.#stopping || this.#connections.size > 0) return
    this.#gone.resolve()
    if (this.#left.size === 0) this.#server.close()
  }

  async #listenOptions(takesNames: boolean = false): Promise<ListenOptions> {
    if (this.#endpoint.kind === 'unix') return { path: this.#endpoint.path }
    const { host, port } = this.#endpoint
    const { transport } = this.#options
    const family = transport === 'tcp4' ? 4 : transport === 'tcp6' ? 6 : 0
    const ipv6Only = transport === 'tcp6'
    if (host === '')
      return { port, ipv6Only, ...(family === 0 ? {} : { host: family === 4 ? '0.0.0.0' : '::' }) }
    if (takesNames || isIP(host) !== 0) return { port, host, ipv6Only }
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
