import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { gunzipSync } from 'node:zlib'

import { Traces } from '@spanloom/core/traces'

/** What a backend does with requests: takes them, says that it is busy, refuses them for good, or never answers. */
export type Mood = 'takes' | 'busy' | 'refuses' | 'hangs'

const statuses = { takes: 200, busy: 503, refuses: 400 }

/** A backend for OTLP over HTTP that can go away and come back at the same address. */
export class MoodyBackend implements AsyncDisposable {
  mood: Mood = 'takes'
  /** Ids of spans in the order in which they were seen, taken or not. */
  readonly seen: string[] = []
  readonly taken: string[] = []
  readonly #port: number
  #server: Server | undefined

  constructor(port: number) {
    this.#port = port
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  async up(): Promise<void> {
    const server = createServer(async (request, response) => {
      const body = await buffer(request)
      const plain = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body
      const ids = Array.from(Traces.fromProtobuf(plain).spans(), ({ spanId }) => spanId)
      const { mood } = this
      this.seen.push(...ids)
      if (mood === 'hangs') return
      if (mood === 'takes') this.taken.push(...ids)
      response.writeHead(statuses[mood], { 'content-type': 'application/x-protobuf' }).end()
    })
    this.#server = server.listen(this.#port, '127.0.0.1')
    await once(server, 'listening')
  }

  async down(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    if (server === undefined) return
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.down()
  }
}
