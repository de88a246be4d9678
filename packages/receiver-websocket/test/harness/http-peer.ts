import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'

/** A request as a peer got it. */
export interface PeerRequest {
  readonly method: string
  readonly path: string
  /** Names and values in turn. */
  readonly rawHeaders: readonly string[]
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
}

/** What a peer answers with. */
export interface PeerAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
}

/** An HTTP server that answers when a test says so, or by itself. */
export class HttpPeer implements AsyncDisposable {
  readonly requests: PeerRequest[] = []
  readonly #server: Server
  readonly #waiting: ServerResponse[] = []
  readonly #prepared: PeerAnswer[] = []
  #answer: ((request: PeerRequest) => PeerAnswer | Promise<PeerAnswer> | undefined) | undefined

  private constructor() {
    this.#server = createServer((request, response) => void this.#take(request, response))
  }

  static async listen(
    answer?: (request: PeerRequest) => PeerAnswer | Promise<PeerAnswer> | undefined,
  ): Promise<HttpPeer> {
    const peer = new HttpPeer()
    peer.#answer = answer
    // A test may open hundreds of connections at once.
    peer.#server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 })
    await once(peer.#server, 'listening')
    return peer
  }

  get port(): number {
    const address = this.#server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  /** Requests without an answer so far. */
  get open(): number {
    return this.#waiting.length
  }

  /** Answers the oldest open request, or the next one to come. */
  respond(answer: PeerAnswer): void {
    const response = this.#waiting.shift()
    if (response === undefined) this.#prepared.push(answer)
    else send(response, answer)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }

  async #take(raw: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(raw)
    const { method = '', url: path = '', rawHeaders, headers } = raw
    const request = { method, path, rawHeaders, headers, body }
    this.requests.push(request)
    const answer = this.#prepared.shift() ?? (await this.#answer?.(request))
    if (answer === undefined) this.#waiting.push(response)
    else send(response, answer)
  }
}

function send(response: ServerResponse, { status, headers = {}, body = '' }: PeerAnswer): void {
  response.writeHead(status, headers).end(body)
}
