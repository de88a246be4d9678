import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'

/** One request as it arrived. */
export interface RecordedRequest {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly rawHeaders: readonly string[]
  readonly body: Buffer
}

/** A server that keeps what it is sent. */
export interface RecordingServer extends AsyncDisposable {
  readonly url: string
  readonly requests: readonly RecordedRequest[]
}

/** What a request is answered with; `cut` destroys the connection instead. */
export type Answer = { readonly status: number; readonly headers?: Record<string, string> } | 'cut'

/** Answers the first requests with `answers`, one each, and the others with 200. */
export async function recordingServer(answers: readonly Answer[] = []): Promise<RecordingServer> {
  const requests: RecordedRequest[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const answer = answers[requests.length] ?? { status: 200 }
      const { url = '', headers, rawHeaders } = request
      requests.push({ path: url, headers, rawHeaders, body: Buffer.concat(chunks) })
      if (answer === 'cut') request.socket.destroy()
      else response.writeHead(answer.status, answer.headers).end('{}')
    })
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => {
        server.close(resolve)
      })
    },
  }
}
