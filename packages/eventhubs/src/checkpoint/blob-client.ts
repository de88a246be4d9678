import { messageOf, RetryableError, type Clock } from '@spanloom/core'
import { EnvHttpProxyAgent, request, type Dispatcher } from 'undici'

import type { TokenSource } from '../auth/token-source.ts'
import { parseBlobList, type ListedBlob } from './blob-list.ts'
import { sharedKeyAuthorization } from './shared-key.ts'
import type { StorageAccount } from './storage-account.ts'

/** What a client of a container needs. */
export interface BlobClientOptions {
  readonly account: StorageAccount
  readonly container: string
  readonly tokens: TokenSource | undefined
  readonly clock: Pick<Clock, 'now'>
}

/** Metadata of a blob as it is after a call. */
export interface BlobState {
  readonly etag: string
  readonly lastModifiedMs: number
  readonly metadata: ReadonlyMap<string, string>
}

/** The five calls to a container that checkpoints need (`eventhubs.md` section 5.1). */
export interface BlobClient {
  /** Blobs whose name begins with `prefix`, with their metadata, and the time at the store. */
  list(prefix: string): Promise<{ readonly blobs: readonly ListedBlob[]; readonly nowMs: number }>
  metadata(name: string): Promise<BlobState | undefined>
  /** Replaces the metadata; with `etag` only if nobody else did since. `undefined`: changed, or not there. */
  setMetadata(
    name: string,
    metadata: Readonly<Record<string, string>>,
    etag?: string,
  ): Promise<BlobState | undefined>
  /** Makes an empty blob unless there is one; `undefined` if there is. */
  create(name: string, metadata: Readonly<Record<string, string>>): Promise<BlobState | undefined>
  close(): Promise<void>
}

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

const version = '2021-12-02'
const scope = 'https://storage.azure.com/.default'
const limitMs = 15_000
const maxBody = 16 * 1024 * 1024

/** A client of one container over HTTP; the official one is 48 MB. */
export function createBlobClient(options: BlobClientOptions): BlobClient {
  const agent = new EnvHttpProxyAgent({ connect: { timeout: limitMs } })
  const call = (
    method: Method,
    path: string,
    query: string,
    headers: Readonly<Record<string, string>>,
  ): Promise<Answer> => callOnce(options, agent, method, path, query, headers)

  return {
    async list(prefix) {
      const blobs: ListedBlob[] = []
      let nowMs = options.clock.now()
      for (let marker = '', page = 0; page === 0 || marker !== ''; page++) {
        const query = new URLSearchParams({ restype: 'container', comp: 'list', include: 'metadata', prefix })
        if (marker !== '') query.set('marker', marker)
        const answer = await call('GET', '', query.toString(), {})
        if (answer.status !== 200) throw failed('listed', answer)
        const { blobs: found, next } = parseBlobList(answer.body)
        blobs.push(...found)
        marker = next
        nowMs = Date.parse(header(answer, 'date')) || options.clock.now()
      }
      return { blobs, nowMs }
    },
    async metadata(name) {
      const answer = await call('HEAD', name, '', {})
      if (answer.status === 404) return undefined
      if (answer.status !== 200) throw failed('read', answer)
      return stateOf(answer, metadataOf(answer))
    },
    async setMetadata(name, metadata, etag) {
      const condition = etag === undefined ? {} : { 'if-match': etag }
      const answer = await call('PUT', name, 'comp=metadata', {
        ...prefixed(metadata),
        ...condition,
        'content-length': '0',
      })
      if (
        answer.status === 412 ||
        (answer.status === 404 && header(answer, 'x-ms-error-code') !== 'ContainerNotFound')
      )
        return undefined
      if (answer.status !== 200) throw failed('written', answer)
      return stateOf(answer, new Map(Object.entries(metadata)))
    },
    async create(name, metadata) {
      const answer = await call('PUT', name, '', {
        ...prefixed(metadata),
        'x-ms-blob-type': 'BlockBlob',
        'if-none-match': '*',
        'content-length': '0',
      })
      if (answer.status === 412 || answer.status === 409) return undefined
      if (answer.status !== 201) throw failed('made', answer)
      return stateOf(answer, new Map(Object.entries(metadata)))
    },
    close: () => agent.close(),
  }
}

type Method = 'GET' | 'HEAD' | 'PUT'

async function callOnce(
  { account, container, tokens, clock }: BlobClientOptions,
  dispatcher: Dispatcher,
  method: Method,
  path: string,
  query: string,
  headers: Readonly<Record<string, string>>,
): Promise<Answer> {
  const name = path === '' ? '' : `/${path.split('/').map(encodeURIComponent).join('/')}`
  const url = new URL(`${account.url}/${encodeURIComponent(container)}${name}`)
  url.search = query
  const signed = { ...headers, 'x-ms-version': version, 'x-ms-date': new Date(clock.now()).toUTCString() }
  const { access } = account
  const proof: Record<string, string> = {}
  if (access.kind === 'key')
    proof['authorization'] = sharedKeyAuthorization(
      { method, url, headers: signed },
      access.account,
      access.key,
    )
  else if (access.kind === 'sas') url.search = [url.search.slice(1), access.query].filter(Boolean).join('&')
  else proof['authorization'] = `Bearer ${(await tokens?.token(scope))?.token ?? ''}`
  try {
    const response = await request(url, {
      method,
      dispatcher,
      headers: { ...signed, ...proof },
      signal: AbortSignal.timeout(limitMs),
    })
    let body = ''
    for await (const chunk of response.body.setEncoding('utf8')) {
      body += String(chunk)
      if (body.length > maxBody) throw new Error('The answer is too long.')
    }
    return { status: response.statusCode, headers: response.headers, body }
  } catch (error) {
    throw new RetryableError(
      'BLOB_STORE_UNREACHABLE',
      `The checkpoint container at ${url.host} cannot be reached: ${messageOf(error)}`,
    )
  }
}

const prefixed = (metadata: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(metadata).map(([name, value]) => [`x-ms-meta-${name}`, value]))

function metadataOf({ headers }: Answer): ReadonlyMap<string, string> {
  const metadata = new Map<string, string>()
  for (const [name, value] of Object.entries(headers))
    if (name.startsWith('x-ms-meta-')) metadata.set(name.slice(10), String(value))
  return metadata
}

function stateOf(answer: Answer, metadata: ReadonlyMap<string, string>): BlobState {
  return {
    etag: header(answer, 'etag'),
    lastModifiedMs: Date.parse(header(answer, 'last-modified')),
    metadata,
  }
}

function header({ headers }: Answer, name: string): string {
  const value = headers[name]
  return typeof value === 'string' ? value : ''
}

function failed(what: string, answer: Answer): RetryableError {
  const reason = header(answer, 'x-ms-error-code')
  const word = /^\w{1,64}$/.test(reason) ? ` (${reason})` : ''
  return new RetryableError(
    'BLOB_STORE_FAILED',
    `The checkpoint container could not be ${what}: status ${answer.status}${word}.`,
    { hint: 'Check that the container exists and that the key, signature or role may read and write it.' },
  )
}
