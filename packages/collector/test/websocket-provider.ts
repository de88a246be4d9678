import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

import { type WebSocket, WebSocketServer } from 'ws'

/** A callback as the provider got it. */
export interface Callback {
  readonly path: string
  /** Names and values in turn, as they came. */
  readonly rawHeaders: readonly string[]
  readonly body: string
}

/** A provider that sends commands over WebSocket and takes the answers over HTTP. */
export class WebSocketProvider implements AsyncDisposable {
  readonly callbacks: Callback[] = []
  readonly handshakes: string[] = []
  readonly #server: Server = createServer()
  readonly #sockets: WebSocketServer
  #socket = Promise.withResolvers<WebSocket>()
  #waiting: (() => void)[] = []

  private constructor() {
    this.#sockets = new WebSocketServer({ server: this.#server })
    this.#sockets.on('connection', (socket, request) => {
      this.handshakes.push(`${request.url} ${request.headers.authorization} ${request.headers.cookie}`)
      this.#socket.resolve(socket)
    })
    this.#server.on('request', (request, response) => {
      void this.#take(request, response)
    })
  }

  static async listen(): Promise<WebSocketProvider> {
    const provider = new WebSocketProvider()
    provider.#server.listen(0, '127.0.0.1')
    await once(provider.#server, 'listening')
    return provider
  }

  /** `host:port` of both sides. */
  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Sends a message as soon as somebody is connected. */
  async send(message: string): Promise<void> {
    const socket = await this.#socket.promise
    socket.send(message)
  }

  /** Resolves once there are so many callbacks. */
  waitForCallbacks(count: number): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (this.callbacks.length >= count) resolve()
      }
      this.#waiting.push(look)
      look()
    })
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = (await buffer(request)).toString()
    this.callbacks.push({ path: request.url ?? '', rawHeaders: request.rawHeaders, body })
    response.writeHead(200).end()
    for (const look of this.#waiting) look()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets.clients) socket.terminate()
    this.#server.closeAllConnections()
    const closed = once(this.#server, 'close')
    this.#server.close()
    await closed
  }
}

/** All values of a header, in its bytes. */
export function headerOf({ rawHeaders }: Callback, name: string): readonly string[] {
  return rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === name)
}
