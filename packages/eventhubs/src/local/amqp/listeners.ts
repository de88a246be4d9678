import { createServer as createHttpServer, type Server as HttpServer } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type TlsOptions } from 'node:tls'

import { createWebSocketStream, WebSocketServer } from 'ws'

import type { Namespace } from '../namespace.ts'
import { acceptPeer, type Peer } from './peer.ts'

/** Certificate and key, PEM. */
export interface LocalTls {
  readonly cert: string
  readonly key: string
}

/** A port that peers connect to. */
export interface Listener {
  readonly port: number
  /** Stops listening; connections have to be ended by whoever owns them. */
  close(): Promise<void>
}

/** Where and how to listen. */
export interface ListenOptions {
  readonly host: string
  readonly port: number
  readonly tls?: LocalTls | undefined
}

/** Listens for AMQP over TCP, or TLS when a certificate is given. */
export function listenAmqp(
  options: ListenOptions,
  namespace: Namespace,
  peers: Set<Peer>,
): Promise<Listener> {
  return listenSockets(options, peers, (socket) =>
    acceptPeer(socket, `${socket.remoteAddress}:${socket.remotePort}`, namespace),
  )
}

/** Listens over TCP, or TLS when a certificate is given, and keeps account of the peers. */
export function listenSockets(
  options: ListenOptions,
  peers: Set<Peer>,
  acceptSocket: (socket: Socket) => Peer,
): Promise<Listener> {
  const accept = (socket: Socket): void => {
    // Without it every answer waits for the peer's delayed acknowledgement.
    socket.setNoDelay(true)
    const peer = acceptSocket(socket)
    peers.add(peer)
    socket.once('close', () => peers.delete(peer))
  }
  const server =
    options.tls === undefined ? createTcpServer(accept) : createTlsServer(tlsOptions(options.tls), accept)
  // A peer that speaks no TLS is dropped by Node; nothing is left to do about it.
  server.on('tlsClientError', () => undefined)
  return listen(server, options)
}

/** Path that official clients open. */
const webSocketPath = '/$servicebus/websocket'
const webSocketProtocol = 'AMQPWSB10'

/** Listens for AMQP over WebSocket, with TLS when a certificate is given. */
export async function listenWebSocket(
  options: ListenOptions,
  namespace: Namespace,
  peers: Set<Peer>,
): Promise<Listener> {
  const server: HttpServer =
    options.tls === undefined ? createHttpServer() : createHttpsServer(tlsOptions(options.tls))
  // The WebSocket server comes after, because it would take a failure to listen for its own.
  const listener = await listen(server, options)
  const sockets = new WebSocketServer({
    server,
    path: webSocketPath,
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has(webSocketProtocol) ? webSocketProtocol : false),
    maxPayload: namespace.maxMessageSize * 2,
  })
  sockets.on('connection', (socket, request) => {
    if (socket.protocol !== webSocketProtocol) {
      socket.close(1002, `The subprotocol is ${webSocketProtocol}.`)
      return
    }
    request.socket.setNoDelay(true)
    const stream = createWebSocketStream(socket)
    const peer = acceptPeer(stream, `${request.socket.remoteAddress}:${request.socket.remotePort}`, namespace)
    peers.add(peer)
    stream.once('close', () => peers.delete(peer))
  })
  return {
    port: listener.port,
    close: async () => {
      const closed = listener.close()
      sockets.close()
      for (const socket of sockets.clients) socket.terminate()
      server.closeAllConnections()
      await closed
    },
  }
}

async function listen(server: Server, { host, port }: ListenOptions): Promise<Listener> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port }, () => {
      server.off('error', reject)
      resolve()
    })
  })
  return {
    port: boundPort(server),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

function boundPort(server: Server): number {
  const address: AddressInfo | string | null = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('The server listens on no port.')
  return address.port
}

function tlsOptions({ cert, key }: LocalTls): TlsOptions {
  return { cert, key, minVersion: 'TLSv1.2' }
}
