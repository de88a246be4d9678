import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { gunzipSync, inflateSync, zstdDecompressSync } from 'node:zlib'

import { parseOtlpJson, type Span, Traces } from '@spanloom/core/traces'

/** A request as the backend got it. */
export interface RecordedRequest {
  readonly headers: IncomingHttpHeaders
  readonly traces: Traces
}

/** A backend for OTLP over HTTP that takes everything and forgets nothing. */
export class OtlpBackend implements AsyncDisposable {
  readonly requests: RecordedRequest[] = []
  readonly #server = createServer((request, response) => void this.#handle(request, response))
  #waiting: { readonly enough: () => boolean; readonly resolve: () => void }[] = []

  readonly #answers: Promise<void>

  private constructor(answers: Promise<void>) {
    this.#answers = answers
  }

  /** Starts one on a free port, which answers nothing before `answers` resolves. */
  static async listen(answers: Promise<void> = Promise.resolve()): Promise<OtlpBackend> {
    const backend = new OtlpBackend(answers)
    backend.#server.listen(0, '127.0.0.1')
    await once(backend.#server, 'listening')
    return backend
  }

  get url(): string {
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new TypeError('The backend has no port.')
    return `http://127.0.0.1:${address.port}`
  }

  get spans(): readonly Span[] {
    return this.requests.flatMap(({ traces }) => Array.from(traces.spans()))
  }

  /** Resolves once `count` spans have arrived. */
  async waitForSpans(count: number): Promise<readonly Span[]> {
    const enough = (): boolean => this.spans.length >= count
    if (!enough()) await new Promise<void>((resolve) => this.#waiting.push({ enough, resolve }))
    return this.spans
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { headers, method, url } = request
    if (method !== 'POST' || url !== '/v1/traces') return void response.writeHead(404).end()
    await this.#answers
    const body = decompress(await buffer(request), headers['content-encoding'])
    const json = headers['content-type'] === 'application/json'
    this.requests.push({ headers, traces: json ? parseOtlpJson(body) : Traces.fromProtobuf(body) })
    response.writeHead(200, { 'content-type': headers['content-type'] }).end(json ? '{}' : '')
    for (const { enough, resolve } of this.#waiting) if (enough()) resolve()
    this.#waiting = this.#waiting.filter(({ enough }) => !enough())
  }
}

function decompress(body: Buffer, encoding: string | undefined): Buffer {
  if (encoding === 'gzip') return gunzipSync(body)
  if (encoding === 'zstd') return zstdDecompressSync(body)
  if (encoding === 'deflate' || encoding === 'zlib') return inflateSync(body)
  return body
}
