import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What the server does with a request instead of answering it. */
export type Fault =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
  | 'reset'
  | 'truncated'
  | 'half a body'
  | 'hang'

/** A request as it came. */
export interface SeenRequest {
  readonly path: string
  readonly authorization: string | undefined
}

/** A page with what its answer says beside it. */
export interface Page {
  readonly body: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** An API in this process that answers recorded pages and misbehaves when it is told to. */
export interface ApiServer extends AsyncDisposable {
  readonly url: string
  readonly requests: readonly SeenRequest[]
  /** The next requests meet these faults, one each. */
  readonly faults: Fault[]
  /** Called when a request hangs. */
  onHang: () => void
}

/**
 * Answers `/path` and `/path?query`; the more exact one wins. A list of lists is a list in pages that `Link` headers
 * join, as GitHub and GitLab do.
 */
export async function startApi(
  pages: Readonly<Record<string, unknown>> | ((url: URL) => Page | undefined),
): Promise<ApiServer> {
  const requests: SeenRequest[] = []
  const faults: Fault[] = []
  const api = { requests, faults, onHang: () => undefined as void }
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://api')
    requests.push({ path: url.pathname + url.search, authorization: request.headers.authorization })
    const fault = faults.shift()
    if (fault !== undefined) misbehave(fault, request, response, () => api.onHang())
    else {
      const page = typeof pages === 'function' ? pages(url) : recorded(pages, url, request.headers.host ?? '')
      if (page === undefined) response.writeHead(404).end('{"message":"Not Found"}')
      else
        response
          .writeHead(200, { 'content-type': 'application/json', ...page.headers })
          .end(JSON.stringify(page.body))
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return Object.assign(api, {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  })
}

function recorded(pages: Readonly<Record<string, unknown>>, url: URL, host: string): Page | undefined {
  const exact = pages[url.pathname + url.search]
  const value = exact ?? pages[url.pathname]
  if (value === undefined) return undefined
  if (!isPaged(value)) return { body: value }
  const number = Number(url.searchParams.get('page') ?? '1')
  const next = new URL(url)
  next.searchParams.set('page', String(number + 1))
  const link = `<http://${host}${next.pathname}${next.search}>; rel="next", <http://${host}/x>; rel="last"`
  return { body: value[number - 1] ?? [], ...(number < value.length ? { headers: { link } } : {}) }
}

function isPaged(value: unknown): value is readonly (readonly unknown[])[] {
  return Array.isArray(value) && value.length > 0 && value.every((page) => Array.isArray(page))
}

function misbehave(
  fault: Fault,
  request: IncomingMessage,
  response: ServerResponse,
  onHang: () => void,
): void {
  if (fault === 'reset') request.socket.resetAndDestroy()
  else if (fault === 'hang') onHang()
  else if (fault === 'truncated') {
    response.writeHead(200, { 'content-length': '5000' })
    response.write('[{"id":1}', () => request.socket.destroy())
  } else if (fault === 'half a body') response.writeHead(200).end('[{"id":1},')
  else response.writeHead(fault.status, fault.headers).end(fault.body ?? '{}')
}
