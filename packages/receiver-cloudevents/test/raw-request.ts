import { request } from 'node:http'

/** Header names and values in the order and the spelling of the wire. */
export type RawHeaders = readonly (readonly [string, string])[]

/** The answer to a raw request. */
export interface RawAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

/** Sends a request with exactly these headers, repeated ones too. */
export function rawRequest(
  url: URL,
  {
    method = 'POST',
    headers = [],
    body = '',
  }: { method?: string; headers?: RawHeaders; body?: string | Uint8Array },
): Promise<RawAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<RawAnswer>()
  const bytes = typeof body === 'string' ? Buffer.from(body) : body
  const flat = [
    ...headers.filter(([name]) => name !== 'Host'),
    ['Host', url.host],
    ['Content-Length', String(bytes.length)],
  ].flat()
  const sent = request(url, { method, headers: flat, agent: false }, (response) => {
    const chunks: Buffer[] = []
    response.on('data', (chunk: Buffer) => chunks.push(chunk))
    response.on('end', () =>
      resolve({
        status: response.statusCode ?? 0,
        headers: response.headers,
        body: Buffer.concat(chunks).toString(),
      }),
    )
  })
  sent.on('error', reject)
  sent.end(bytes)
  return promise
}
