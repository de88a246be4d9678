import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { gunzipSync, zstdDecompressSync } from 'node:zlib'

import { type Span, Traces } from '@spanloom/core/traces'

/** A span as it arrived first, and how often it came. */
export interface Arrival {
  readonly span: Span
  readonly digest: string
  deliveries: number
}

/**
 * A destination that keeps each span once, by trace id and span id, and knows when one came again with other
 * content. Now and then it is busy, and now and then it takes a request and its answer gets lost.
 */
export class CollectingBackend implements AsyncDisposable {
  readonly arrivals: Map<string, Arrival> = new Map()
  /** Spans that came a second time and were not the same, byte for byte. */
  readonly changed: string[] = []
  /** Spans that came again, the same as before: what at-least-once may do. */
  repeated: number = 0
  readonly #random: () => number
  readonly #server = createServer((request, response) => void this.#handle(request, response))

  private constructor(random: () => number) {
    this.#random = random
  }

  static async listen(random: () => number): Promise<CollectingBackend> {
    const backend = new CollectingBackend(random)
    backend.#server.listen(0, '127.0.0.1')
    await once(backend.#server, 'listening')
    return backend
  }

  get url(): string {
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new TypeError('The backend has no port.')
    return `http://127.0.0.1:${address.port}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const body = decompress(await buffer(request), request.headers['content-encoding'])
      const dice = this.#random()
      if (dice < 0.05) return void response.writeHead(503).end()
      for (const span of Traces.fromProtobuf(body).spans()) this.#take(span)
      if (dice < 0.08) return void response.destroy()
      response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end()
    } catch {
      // The process was killed before its request was whole.
      response.destroy()
    }
  }

  #take(span: Span): void {
    const id = `${span.traceId}/${span.spanId}`
    const digest = createHash('sha256').update(span.bytes).digest('hex')
    const before = this.arrivals.get(id)
    if (before === undefined) return void this.arrivals.set(id, { span, digest, deliveries: 1 })
    before.deliveries++
    this.repeated++
    if (before.digest !== digest) this.changed.push(id)
  }
}

function decompress(body: Buffer, encoding: string | undefined): Buffer {
  if (encoding === 'gzip') return gunzipSync(body)
  return encoding === 'zstd' ? zstdDecompressSync(body) : body
}
