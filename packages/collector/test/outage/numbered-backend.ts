import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { gunzipSync, zstdDecompressSync } from 'node:zlib'

import { Traces } from '@spanloom/core/traces'

/** A destination for spans whose ids are numbers from 1 on, which knows of millions of them whether they came. */
export class NumberedBackend implements AsyncDisposable {
  /** Whether it answers 503. */
  isBusy: boolean = false
  delivered: number = 0
  repeated: number = 0
  /** Requests that came for the first time, and how many of them after one that was made later. */
  firstAttempts: number = 0
  outOfOrder: number = 0
  readonly #port: number
  readonly #perRequest: number
  readonly #taken: Uint8Array
  readonly #seen = new Set<number>()
  #highest: number = 0
  #server: Server | undefined

  constructor(port: number, spans: number, perRequest: number) {
    this.#port = port
    this.#perRequest = perRequest
    this.#taken = new Uint8Array(spans + 1)
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  async up(): Promise<void> {
    const server = createServer((request, response) => void this.#handle(request, response))
    this.#server = server.listen(this.#port, '127.0.0.1')
    await once(server, 'listening')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const server = this.#server
    if (server === undefined) return
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const body = decompress(await buffer(request), request.headers['content-encoding'])
      const numbers = Array.from(Traces.fromProtobuf(body).spans(), ({ spanId }) => Number(`0x${spanId}`))
      this.#look(Math.ceil((numbers[0] ?? 0) / this.#perRequest))
      if (this.isBusy) return void response.writeHead(503).end()
      for (const number of numbers) this.#take(number)
      response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end()
    } catch {
      response.destroy()
    }
  }

  #look(request: number): void {
    if (this.#seen.has(request)) return
    this.#seen.add(request)
    this.firstAttempts++
    if (request < this.#highest) this.outOfOrder++
    this.#highest = Math.max(this.#highest, request)
  }

  #take(number: number): void {
    if (this.#taken[number] === 1) this.repeated++
    else this.delivered++
    this.#taken[number] = 1
  }
}

function decompress(body: Buffer, encoding: string | undefined): Buffer {
  if (encoding === 'gzip') return gunzipSync(body)
  return encoding === 'zstd' ? zstdDecompressSync(body) : body
}
