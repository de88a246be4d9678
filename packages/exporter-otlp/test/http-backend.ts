import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo } from 'node:net'
import { gunzipSync, inflateSync, zstdDecompressSync } from 'node:zlib'

import { parseOtlpJson, Traces } from '@spanloom/core'

/** A request that reached the backend. */
export interface BackendRequest {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly traces: Traces
  /** When it came, by the test's clock if it has one. */
  readonly at: number
}

/** Answers one request; the default takes it. */
export type Answer = (response: ServerResponse, request: IncomingMessage, index: number) => void

/** An OTLP/HTTP server on a socket of its own that misbehaves on demand. */
export class HttpBackend implements AsyncDisposable {
  readonly requests: BackendRequest[] = []
  /** Connections that were opened so far. */
  connections = 0
  answer: Answer = (response) => void response.end()
  readonly #now: () => number
  readonly #server = createServer((request, response) => void this.#serve(request, response))
  readonly #arrivals = new Set<() => void>()

  private constructor(now: () => number) {
    this.#now = now
    this.#server.on('connection', () => this.connections++)
  }

  static async open(now: () => number = () => 0): Promise<HttpBackend> {
    const backend = new HttpBackend(now)
    await new Promise<void>((resolve) => backend.#server.listen(0, '127.0.0.1', resolve))
    return backend
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  get port(): number {
    // A listening TCP server always has an address of this form.
    return (this.#server.address() as AddressInfo).port
  }

  /** Resolves once `count` requests were read. */
  async received(count: number): Promise<void> {
    while (this.requests.length < count) await new Promise<void>((resolve) => this.#arrivals.add(resolve))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(Buffer.from(chunk))
    const body = inflate(Buffer.concat(chunks), request.headers['content-encoding'])
    const json = request.headers['content-type'] === 'application/json'
    const traces = json ? parseOtlpJson(body) : Traces.fromProtobuf(body)
    this.requests.push({ path: request.url ?? '', headers: request.headers, traces, at: this.#now() })
    this.answer(response, request, this.requests.length)
    for (const arrive of this.#arrivals) arrive()
    this.#arrivals.clear()
  }
}

function inflate(body: Buffer, encoding: string | undefined): Buffer {
  switch (encoding) {
    case undefined:
      return body
    case 'gzip':
      return gunzipSync(body)
    case 'zlib':
    case 'deflate':
      return inflateSync(body)
    case 'zstd':
      return zstdDecompressSync(body)
    default:
      throw new Error(`Unexpected encoding ${encoding}.`)
  }
}

/** Answers with a status, headers and a body. */
export const respond =
  (status: number, headers: Readonly<Record<string, string>> = {}, body: string | Buffer = ''): Answer =>
  (response) =>
    void response.writeHead(status, headers).end(body)
