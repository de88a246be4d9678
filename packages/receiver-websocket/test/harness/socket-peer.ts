import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'

import { type WebSocket, WebSocketServer } from 'ws'

/** Something that came over a socket. */
export interface Received {
  readonly type: 'text' | 'binary' | 'ping' | 'pong' | 'close'
  readonly data: string
  readonly code?: number
}

/** Writes down everything that a socket says. */
export function record(socket: WebSocket, into: Received[]): void {
  socket.on('message', (data, binary) => {
    if (!Buffer.isBuffer(data)) return
    into.push({ type: binary ? 'binary' : 'text', data: data.toString(binary ? 'base64' : 'utf8') })
  })
  socket.on('ping', (data) => into.push({ type: 'ping', data: data.toString('utf8') }))
  socket.on('pong', (data) => into.push({ type: 'pong', data: data.toString('utf8') }))
  socket.on('close', (code, reason) => into.push({ type: 'close', data: reason.toString('utf8'), code }))
  socket.on('error', () => undefined)
}

/** The other side: a WebSocket server that remembers its connections. */
export class SocketPeer implements AsyncDisposable {
  readonly handshakes: IncomingMessage[] = []
  readonly sockets: WebSocket[] = []
  /** By connection. */
  readonly received: Received[][] = []
  readonly #server: Server = createServer()
  readonly #sockets: WebSocketServer

  private constructor(autoPong: boolean, deflate: boolean) {
    this.#sockets = new WebSocketServer({ noServer: true, autoPong, perMessageDeflate: deflate })
  }

  /** `admit` gives the status to refuse a handshake with. */
  static async listen({
    autoPong = true,
    deflate = false,
    admit = () => undefined,
  }: {
    autoPong?: boolean
    deflate?: boolean
    admit?: (request: IncomingMessage) => string | undefined
  } = {}): Promise<SocketPeer> {
    const peer = new SocketPeer(autoPong, deflate)
    peer.#server.on('upgrade', (request, socket, head) => {
      peer.handshakes.push(request)
      const refusal = admit(request)
      if (refusal !== undefined) {
        socket.end(refusal)
        return
      }
      peer.#sockets.handleUpgrade(request, socket, head, (opened) => {
        const received: Received[] = []
        record(opened, received)
        peer.received.push(received)
        peer.sockets.push(opened)
      })
    })
    peer.#server.listen(0, '127.0.0.1')
    await once(peer.#server, 'listening')
    return peer
  }

  get url(): string {
    const address = this.#server.address()
    return `ws://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
  }

  /** The connection made last. */
  get socket(): WebSocket {
    const socket = this.sockets.at(-1)
    if (socket === undefined) throw new Error('Nobody is connected.')
    return socket
  }

  /** Everything that the connection made last has said. */
  get said(): readonly Received[] {
    return this.received.at(-1) ?? []
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close')
    for (const socket of this.sockets) socket.terminate()
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }
}
