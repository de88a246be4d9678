import { request as httpRequest, type IncomingMessage } from 'node:http'
import type { ListenOptions, Socket } from 'node:net'
import { duplexPair, type Duplex } from 'node:stream'
import { buffer } from 'node:stream/consumers'

import type { ListeningSockets, SocketClaim, SocketOwner } from '@spanloom/core'

/** One HTTP request for a server of a receiver. */
export interface LoopbackRequest {
  readonly method: string
  /** Path with query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

/** What the server answered. */
export interface LoopbackAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

/** The sockets of one receiver: nothing listens anywhere, requests come over streams inside the process. */
export class LoopbackSockets implements ListeningSockets {
  readonly takesNames = true
  readonly #owners: SocketOwner[] = []

  claim(where: ListenOptions, owner: SocketOwner): Promise<SocketClaim> {
    this.#owners.push(owner)
    return Promise.resolve({
      address: where.path ?? { address: where.host ?? '127.0.0.1', family: 'IPv4', port: where.port ?? 0 },
      release: () => false,
      leave: () => undefined,
      heir: () => Promise.resolve(undefined),
    })
  }

  /** Whether there is a server that takes HTTP requests. */
  get speaksHttp(): boolean {
    return this.#httpOwner !== undefined
  }

  /** Sends a request to the first HTTP server. */
  async request({ method, path, headers, body }: LoopbackRequest): Promise<LoopbackAnswer> {
    const owner = this.#httpOwner
    if (owner === undefined) throw new TypeError('There is no HTTP server.')
    const [client, server] = duplexPair()
    owner.accept(asSocket(server))
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
    const outgoing = httpRequest({
      createConnection: () => client,
      method,
      path,
      headers: { host: 'localhost', ...headers, 'content-length': String(body.length), connection: 'close' },
    })
    outgoing.on('response', resolve).on('error', reject).end(body)
    const response = await promise
    const answer = await buffer(response)
    client.destroy()
    const pairs = Object.entries(response.headers).map(([name, value]) => [name, String(value)] as const)
    return { status: response.statusCode ?? 0, headers: Object.fromEntries(pairs), body: answer }
  }

  get #httpOwner(): SocketOwner | undefined {
    return this.#owners.find(({ protocol }) => protocol !== 'grpc')
  }
}

/** An HTTP server asks no more of a connection than any stream has. */
function asSocket(stream: Duplex): Socket {
  return stream as Socket
}
