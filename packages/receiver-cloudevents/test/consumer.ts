import { createServer, type IncomingHttpHeaders } from 'node:http'

/** An event that the consumer was sent. */
export interface Delivered {
  readonly method: string
  readonly headers: IncomingHttpHeaders
  readonly rawHeaders: readonly string[]
  readonly body: string
}

/** What the consumer answers; undefined is no answer at all. */
export type ConsumerAnswer =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
  | undefined

/** A consumer of events over HTTP, behind a relay. */
export interface Consumer extends AsyncDisposable {
  readonly url: URL
  readonly delivered: readonly Delivered[]
  /** Decides what is answered; at first always 202. */
  answer: (delivered: Delivered) => ConsumerAnswer
}

/** Starts a consumer on a free port. */
export async function startConsumer(): Promise<Consumer> {
  const delivered: Delivered[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { method = '', headers, rawHeaders } = request
      const one = { method, headers, rawHeaders, body: Buffer.concat(chunks).toString() }
      delivered.push(one)
      const answer = consumer.answer(one)
      if (answer === undefined) return
      response.writeHead(answer.status, answer.headers).end(answer.body)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const consumer: Consumer = {
    url: new URL(`http://127.0.0.1:${port}/consume`),
    delivered,
    answer: () => ({ status: 202 }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return consumer
}
