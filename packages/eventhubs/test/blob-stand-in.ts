import { createHmac, randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

interface StoredBlob {
  readonly etag: string
  readonly lastModified: Date
  readonly metadata: ReadonlyMap<string, string>
}

/** What a request must prove. */
export type BlobAccess =
  | { readonly kind: 'key'; readonly account: string; readonly key: string }
  | { readonly kind: 'sas'; readonly signature: string }
  | { readonly kind: 'token'; readonly token: string }

/** A small stand-in for one container of Azure Blob storage, written from its REST description. */
export interface BlobStandIn {
  /** URL of the account. */
  readonly url: string
  readonly blobs: Map<string, StoredBlob>
  /** Requests answered, as `METHOD status`. */
  readonly answers: string[]
  /** Answers the next requests with this status. */
  fail(status: number, count: number): void
  /** How far the clock of the store is ahead of ours, in milliseconds. */
  skewMs: number
  close(): Promise<void>
}

const container = 'checkpoints'
const pageSize = 3

/** Starts a stand-in with an empty container `checkpoints`. */
export async function startBlobStandIn(access: BlobAccess): Promise<BlobStandIn> {
  const blobs = new Map<string, StoredBlob>()
  const answers: string[] = []
  let failing = { status: 500, left: 0 }

  const server = createServer((request, response) => {
    request.resume()
    request.on('end', () => {
      const reply = answerTo(request)
      answers.push(`${request.method} ${reply.status}`)
      response.writeHead(reply.status, {
        ...reply.headers,
        date: new Date(Date.now() + standIn.skewMs).toUTCString(),
        ...(reply.status >= 400 ? { 'x-ms-error-code': reply.body ?? 'Failed' } : {}),
      })
      response.end(request.method === 'HEAD' || reply.status >= 400 ? '' : (reply.body ?? ''))
    })
  })

  interface Reply {
    readonly status: number
    readonly headers?: Readonly<Record<string, string>>
    readonly body?: string
  }

  const answerTo = (request: IncomingMessage): Reply => {
    if (failing.left > 0) {
      failing.left--
      return { status: failing.status, body: 'ServerBusy' }
    }
    const url = new URL(request.url ?? '/', 'http://stand-in')
    if (!isProven(request, url, access)) return { status: 403, body: 'AuthenticationFailed' }
    const [, first, ...rest] = url.pathname.split('/').map(decodeURIComponent)
    if (first !== container) return { status: 404, body: 'ContainerNotFound' }
    if (rest.length === 0) return list(url)
    const name = rest.join('/')
    switch (request.method ?? '') {
      case 'HEAD':
        return head(name)
      case 'PUT':
        return url.searchParams.get('comp') === 'metadata' ? setMetadata(name, request) : put(name, request)
      default:
        return { status: 405, body: 'UnsupportedHttpVerb' }
    }
  }

  const list = (url: URL): Reply => {
    const prefix = url.searchParams.get('prefix') ?? ''
    const after = url.searchParams.get('marker') ?? ''
    const names = [...blobs.keys()].filter((name) => name.startsWith(prefix) && name > after).toSorted()
    const page = names.slice(0, pageSize)
    const xml = page.map((name) => blobXml(name, blobs.get(name))).join('')
    const next = names.length > pageSize ? (page.at(-1) ?? '') : ''
    return {
      status: 200,
      body: `<?xml version="1.0" encoding="utf-8"?><EnumerationResults ContainerName="${container}"><Blobs>${xml}</Blobs><NextMarker>${escaped(next)}</NextMarker></EnumerationResults>`,
    }
  }

  const head = (name: string): Reply => {
    const blob = blobs.get(name)
    if (blob === undefined) return { status: 404, body: 'BlobNotFound' }
    const metadata = Object.fromEntries([...blob.metadata].map(([key, value]) => [`x-ms-meta-${key}`, value]))
    return { status: 200, headers: { ...metadata, ...validators(blob) } }
  }

  const setMetadata = (name: string, request: IncomingMessage): Reply => {
    const blob = blobs.get(name)
    if (blob === undefined) return { status: 404, body: 'BlobNotFound' }
    const condition = request.headers['if-match']
    if (condition !== undefined && condition !== blob.etag) return { status: 412, body: 'ConditionNotMet' }
    return { status: 200, headers: validators(store(name, request)) }
  }

  const put = (name: string, request: IncomingMessage): Reply => {
    if (request.headers['x-ms-blob-type'] !== 'BlockBlob')
      return { status: 400, body: 'MissingRequiredHeader' }
    if (request.headers['if-none-match'] === '*' && blobs.has(name))
      return { status: 409, body: 'BlobAlreadyExists' }
    return { status: 201, headers: validators(store(name, request)) }
  }

  const store = (name: string, { headers }: IncomingMessage): StoredBlob => {
    const metadata = new Map<string, string>()
    for (const [key, value] of Object.entries(headers))
      if (key.startsWith('x-ms-meta-')) metadata.set(key.slice(10), String(value))
    const blob = { etag: `"${randomUUID()}"`, lastModified: new Date(Date.now() + standIn.skewMs), metadata }
    blobs.set(name, blob)
    return blob
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const standIn: BlobStandIn = {
    url: `http://127.0.0.1:${port}`,
    blobs,
    answers,
    fail: (status, left) => void (failing = { status, left }),
    skewMs: 0,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  return standIn
}

const validators = ({ etag, lastModified }: StoredBlob): Record<string, string> => ({
  etag,
  'last-modified': lastModified.toUTCString(),
})

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')

function blobXml(name: string, blob: StoredBlob | undefined): string {
  if (blob === undefined) return ''
  const metadata = [...blob.metadata].map(([key, value]) => `<${key}>${escaped(value)}</${key}>`).join('')
  return `<Blob><Name>${escaped(name)}</Name><Properties><Last-Modified>${blob.lastModified.toUTCString()}</Last-Modified><Etag>${escaped(blob.etag)}</Etag><BlobType>BlockBlob</BlobType></Properties><Metadata>${metadata}</Metadata></Blob>`
}

function isProven(request: IncomingMessage, url: URL, access: BlobAccess): boolean {
  const { authorization } = request.headers
  switch (access.kind) {
    case 'sas':
      return url.searchParams.get('sig') === access.signature
    case 'token':
      return authorization === `Bearer ${access.token}`
    case 'key': {
      const signature = createHmac('sha256', Buffer.from(access.key, 'base64'))
        .update(textToSign(request, url, access.account))
        .digest('base64')
      return authorization === `SharedKey ${access.account}:${signature}`
    }
  }
}

/** The text that a shared key signs, line by line as the REST reference lists it. */
function textToSign(request: IncomingMessage, url: URL, account: string): string {
  const of = (name: string): string => {
    const value = request.headers[name]
    return typeof value === 'string' ? value : ''
  }
  const length = of('content-length')
  let text = `${request.method}\n${of('content-encoding')}\n${of('content-language')}\n`
  text += `${length === '0' ? '' : length}\n${of('content-md5')}\n${of('content-type')}\n\n`
  text += `${of('if-modified-since')}\n${of('if-match')}\n${of('if-none-match')}\n${of('if-unmodified-since')}\n${of('range')}\n`
  for (const name of Object.keys(request.headers)
    .filter((each) => each.startsWith('x-ms-'))
    .toSorted())
    text += `${name}:${of(name)}\n`
  text += `/${account}${url.pathname}`
  for (const name of [...url.searchParams.keys()].toSorted())
    text += `\n${name}:${url.searchParams.get(name)}`
  return text
}
