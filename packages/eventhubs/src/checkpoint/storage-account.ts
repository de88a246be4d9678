import { StartError } from '@spanloom/core'

/** How to reach a storage account, and how to prove who we are. */
export interface StorageAccount {
  /** URL of the blob service without a slash at the end. */
  readonly url: string
  readonly access:
    | { readonly kind: 'key'; readonly account: string; readonly key: Buffer }
    | { readonly kind: 'sas'; readonly query: string }
    | { readonly kind: 'entra' }
}

/**
 * Reads the connection string of a storage account: with a key or a shared access signature.
 *
 * @throws StartError whose message never quotes a value.
 */
export function parseStorageConnection(text: string): StorageAccount {
  const parts = new Map<string, string>()
  for (const part of text.split(';')) {
    const equals = part.indexOf('=')
    if (equals > 0) parts.set(part.slice(0, equals).trim().toLowerCase(), part.slice(equals + 1).trim())
  }
  if (parts.get('usedevelopmentstorage')?.toLowerCase() === 'true') return developmentAccount
  const account = parts.get('accountname')
  const key = parts.get('accountkey')
  const signature = parts.get('sharedaccesssignature')
  const suffix = parts.get('endpointsuffix') || 'core.windows.net'
  const protocol = parts.get('defaultendpointsprotocol') || 'https'
  const url = parts.get('blobendpoint') ?? (account ? `${protocol}://${account}.blob.${suffix}` : undefined)
  if (url === undefined || URL.parse(url) === null)
    throw invalid('it has neither an AccountName nor a BlobEndpoint')
  const base = url.replace(/\/+$/, '')
  if (signature) return { url: base, access: { kind: 'sas', query: signature.replace(/^\?/, '') } }
  if (!account || !key)
    throw invalid('it has neither a SharedAccessSignature nor an AccountName with an AccountKey')
  return { url: base, access: { kind: 'key', account, key: Buffer.from(key, 'base64') } }
}

/** Takes a URL of an account apart: a query in it is a shared access signature, otherwise Entra ID is used. */
export function parseStorageUrl(text: string): StorageAccount {
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '')
    throw new StartError('BLOB_STORE_INVALID', 'storage_account_url is not the URL of a storage account.')
  const query = url.search.slice(1)
  return {
    url: `${url.origin}${url.pathname}`.replace(/\/+$/, ''),
    access: query === '' ? { kind: 'entra' } : { kind: 'sas', query },
  }
}

/** The well-known account of the storage emulator, which everybody has. */
const developmentAccount: StorageAccount = {
  url: 'http://127.0.0.1:10000/devstoreaccount1',
  access: {
    kind: 'key',
    account: 'devstoreaccount1',
    key: Buffer.from(
      'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==',
      'base64',
    ),
  },
}

const invalid = (what: string): StartError =>
  new StartError('BLOB_STORE_INVALID', `The connection string of the storage account is not valid: ${what}.`)
