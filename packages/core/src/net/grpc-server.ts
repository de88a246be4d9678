import { createServer, isIP, type Server as NetServer, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'

import {
  type ConnectionInjector,
  type handleUnaryCall,
  Metadata,
  type ServerUnaryCall,
  Server,
  ServerCredentials,
  ServerInterceptingCall,
  type ServerInterceptor,
  type ServerOptions,
  type StatusObject,
} from '@grpc/grpc-js'

import type { Clock } from '../clock/clock.ts'
import type { Host } from '../component/component.ts'
import type { ComponentTelemetry } from '../telemetry/component-telemetry.ts'
import { ownBytes } from './body.ts'
import type { GrpcServerConfig } from './grpc-server-settings.ts'
import { Listener } from './listener.ts'
import { errorAnswer } from './outcome-tables.ts'
import { encodeRpcStatus } from './rpc-status.ts'
import { findServerGuards, type ServerGuards } from './server-guards.ts'
import { loadServerTls, reloadServerTls } from './tls-server.ts'

/** One unary call: a message in bytes, already decompressed. */
export interface UnaryCall {
  readonly message: Buffer
  /** Aborts when the sender cancelled or its deadline passed, and when a shutdown runs out of time. */
  readonly signal: AbortSignal
  /** When the sender gives up, in milliseconds of `Clock.monotonic`. */
  readonly deadline: number | undefined
  /** Request metadata, only with `include_metadata: true`. */
  readonly metadata: ReadonlyMap<string, readonly string[]> | undefined
  /** Address of the sender, without its port. */
  readonly clientAddress: string | undefined
}

/** Resolves with the message of the answer; a rejection becomes a status by table 15.1. */
export type UnaryHandler = (call: UnaryCall) => Promise<Uint8Array>

/** What a gRPC server is made of. */
export interface GrpcServerOptions {
  /** Id of the component that it belongs to. */
  readonly id: string
  readonly config: GrpcServerConfig
  readonly telemetry: Pick<ComponentTelemetry, 'logger' | 'status'>
  readonly clock: Clock
  /** Handlers by path, such as `/package.Service/Method`; other paths are UNIMPLEMENTED (OTR-16). */
  readonly methods: Readonly<Record<string, UnaryHandler>>
  /** Hears of every error that a handler threw. */
  readonly onError?: (error: unknown) => void
}

/** A running or startable gRPC server. */
export interface GrpcServer {
  /** @throws StartError when it cannot listen, or an extension or a TLS file that it needs is missing. */
  start(host: Host): Promise<void>
  /** Stops accepting, finishes calls in flight (OTR-19), and drops them when `signal` aborts. */
  shutdown(signal: AbortSignal): Promise<void>
  /** Where it listens, such as `127.0.0.1:4317`; `undefined` before the start. */
  readonly address: string | undefined
}

/** Sockets that do not listen yet, and how to keep their certificates fresh once they do. */
interface PlainOrSecure {
  readonly sockets: NetServer
  readonly startReload: () => () => void
}

const mebibyte = 1024 * 1024
const defaultMessageMiB = 20

/** A gRPC server for unary calls in bytes (section 10.3), on `@grpc/grpc-js`. */
export function createGrpcServer(options: GrpcServerOptions): GrpcServer {
  return new GrpcJsServer(options)
}

/** Sockets are our own, so that binding, TLS and shutdown work as on an HTTP server; grpc-js gets connections. */
class GrpcJsServer implements GrpcServer {
  readonly #options: GrpcServerOptions
  readonly #inFlight = new Set<AbortController>()
  readonly #handedOver = new WeakSet<Socket>()
  #server: Server | undefined
  #listener: Listener | undefined
  #stopReload: () => void = () => undefined

  constructor(options: GrpcServerOptions) {
    this.#options = options
  }

  get address(): string | undefined {
    return this.#listener?.address
  }

  async start(host: Host): Promise<void> {
    const { id, config, telemetry, methods } = this.#options
    const guards = findServerGuards(host, config)
    const server = new Server(serverOptions(config, guards))
    for (const [path, handle] of Object.entries(methods)) {
      const serve: handleUnaryCall<Buffer, Uint8Array> = (call, respond) => {
        void this.#serve(call, handle).then(
          (message) => respond(null, message),
          (error: unknown) => respond(toStatus(error)),
        )
      }
      server.register(path, serve, asBuffer, (bytes) => bytes, 'unary')
    }
    const injector = server.createConnectionInjector(ServerCredentials.createInsecure())
    const { sockets, startReload } = await this.#socketServer(
      injector,
      host.offline === undefined ? config.tls : undefined,
    )
    this.#listener = new Listener(sockets, {
      id,
      endpoint: config.endpoint ?? '',
      transport: config.transport,
      telemetry,
      protocol: 'grpc',
    })
    await this.#listener.bind(host.sockets)
    this.#stopReload = startReload()
    this.#server = server
    telemetry.logger.info('Starting GRPC server', { endpoint: this.address, tls: config.tls !== undefined })
  }

  async shutdown(signal: AbortSignal): Promise<void> {
    this.#stopReload()
    const listener = this.#listener
    const server = this.#server
    if (listener === undefined || server === undefined) return
    const drop = (): void => {
      for (const call of this.#inFlight) call.abort(signal.reason)
      listener.dropAll()
    }
    const sessionsClosed = new Promise<void>((resolve) => server.tryShutdown(() => resolve()))
    const socketsClosed = listener.stop((socket) => this.#handedOver.has(socket))
    if (signal.aborted) drop()
    else signal.addEventListener('abort', drop, { once: true })
    await Promise.all([sessionsClosed, socketsClosed])
    signal.removeEventListener('abort', drop)
  }

  async #socketServer(injector: ConnectionInjector, tls: GrpcServerConfig['tls']): Promise<PlainOrSecure> {
    const { clock, telemetry } = this.#options
    const handOver = (socket: Socket): void => {
      this.#handedOver.add(socket)
      injector.injectConnection(socket)
    }
    if (tls === undefined) {
      return { sockets: createServer({ noDelay: true }, handOver), startReload: () => () => undefined }
    }
    const material = await loadServerTls(tls)
    const options = { ...material, ALPNProtocols: ['h2'], handshakeTimeout: 60_000, noDelay: true }
    const sockets = createTlsServer(options, handOver)
    const tools = { clock, logger: telemetry.logger }
    return { sockets, startReload: () => reloadServerTls(sockets, tls, material, tools) }
  }

  async #serve(call: ServerUnaryCall<Buffer, Uint8Array>, handle: UnaryHandler): Promise<Uint8Array> {
    const { config, clock, onError } = this.#options
    const gone = new AbortController()
    this.#inFlight.add(gone)
    let answered = false
    call.once('cancelled', () => {
      if (!answered) gone.abort(new Error('The sender cancelled the call.'))
    })
    const givesUpAt = Number(call.getDeadline())
    try {
      return await handle({
        message: ownBytes(call.request),
        signal: gone.signal,
        deadline: Number.isFinite(givesUpAt) ? clock.monotonic() + (givesUpAt - Date.now()) : undefined,
        metadata: config.include_metadata ? metadataOf(call.metadata) : undefined,
        clientAddress: addressOf(call.getPeer()),
      })
    } catch (error) {
      onError?.(error)
      throw error
    } finally {
      answered = true
      this.#inFlight.delete(gone)
    }
  }
}

function serverOptions(config: GrpcServerConfig, guards: ServerGuards): ServerOptions {
  const { max_recv_msg_size_mib: sizeMiB, max_concurrent_streams: streams, keepalive } = config
  const connection = keepalive.server_parameters
  const guarded = config.auth !== undefined || (config.middlewares ?? []).length > 0
  return {
    'grpc.max_receive_message_length': (sizeMiB > 0 ? sizeMiB : defaultMessageMiB) * mebibyte,
    'grpc.enable_channelz': 0,
    ...option('grpc.max_concurrent_streams', streams),
    ...option('grpc.max_connection_idle_ms', connection.max_connection_idle),
    ...option('grpc.max_connection_age_ms', connection.max_connection_age),
    ...option('grpc.max_connection_age_grace_ms', connection.max_connection_age_grace),
    ...option('grpc.keepalive_time_ms', connection.time),
    ...option('grpc.keepalive_timeout_ms', connection.timeout),
    ...(guarded ? { interceptors: [guardInterceptor(guards)] } : {}),
  }
}

/** 0 stands for "no limit", which the library has when the option is absent. */
const option = (name: string, value: number): ServerOptions => (value > 0 ? { [name]: value } : {})

/** Asks the guards as soon as the metadata is there; a refused call's message is never read. */
function guardInterceptor({ authenticate, admit }: ServerGuards): ServerInterceptor {
  return (_method, call) =>
    new ServerInterceptingCall(call, {
      start(next) {
        next({
          onReceiveMetadata(metadata, proceed) {
            const check = async (): Promise<void> => {
              await authenticate?.(Object.fromEntries(metadataOf(metadata)))
              admit()
            }
            void check().then(
              () => proceed(metadata),
              (error: unknown) => call.sendStatus(toStatus(error)),
            )
          },
        })
      },
    })
}

/** The status of an error, with `google.rpc.Status` in the details where there is a delay to tell (OTR-12). */
function toStatus(error: unknown): StatusObject {
  const { grpcStatus, message, retryAfterMs } = errorAnswer(error)
  const metadata = new Metadata()
  if (retryAfterMs !== undefined) {
    metadata.set('grpc-status-details-bin', encodeRpcStatus({ code: grpcStatus, message, retryAfterMs }))
  }
  // The library escapes the text in a way that fails on a lone surrogate.
  const details = message.toWellFormed()
  // oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- the tables yield numbers of that enum only
  return { code: grpcStatus, details, metadata }
}

function metadataOf(metadata: Metadata): ReadonlyMap<string, readonly string[]> {
  const all = new Map<string, readonly string[]>()
  for (const name of Object.keys(metadata.getMap())) {
    all.set(
      name,
      metadata.get(name).map((value) => (typeof value === 'string' ? value : value.toString('base64'))),
    )
  }
  return all
}

/** The library joins host and port with a colon, also behind an IPv6 address. */
function addressOf(peer: string): string | undefined {
  if (isIP(peer) !== 0 && !peer.includes(':')) return peer
  const host = peer.slice(0, peer.lastIndexOf(':'))
  return isIP(host) === 0 ? undefined : host
}

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
