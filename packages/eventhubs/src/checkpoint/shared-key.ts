import { createHmac } from 'node:crypto'

/** A request as far as it is signed. */
export interface SignedRequest {
  readonly method: string
  readonly url: URL
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
}

/** Value of `authorization` for a shared key (Azure Storage, "Authorize with Shared Key", version 2015-02-21 on). */
export function sharedKeyAuthorization(request: SignedRequest, account: string, key: Buffer): string {
  const signature = createHmac('sha256', key).update(stringToSign(request, account), 'utf8').digest('base64')
  return `SharedKey ${account}:${signature}`
}

const standard = [
  'content-encoding',
  'content-language',
  'content-length',
  'content-md5',
  'content-type',
  'date',
  'if-modified-since',
  'if-match',
  'if-none-match',
  'if-unmodified-since',
  'range',
]

function stringToSign({ method, url, headers }: SignedRequest, account: string): string {
  const lines = standard.map((name) => {
    const value = headers[name] ?? ''
    return name === 'content-length' && value === '0' ? '' : value
  })
  const own = Object.keys(headers)
    .filter((name) => name.startsWith('x-ms-'))
    .toSorted()
    .map((name) => `${name}:${(headers[name] ?? '').trim()}`)
  const query = [...new Set(url.searchParams.keys())]
    .toSorted()
    .map((name) => `${name.toLowerCase()}:${url.searchParams.getAll(name).toSorted().join(',')}`)
  return [method, ...lines, ...own, [`/${account}${url.pathname}`, ...query].join('\n')].join('\n')
}
