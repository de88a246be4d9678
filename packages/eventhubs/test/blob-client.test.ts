import { StartError } from '@spanloom/core'
import { expect, it, onTestFinished } from 'vitest'

import { blobCheckpoints, blobOwnerships } from '../src/checkpoint/blob-checkpoints.ts'
import { createBlobClient, type BlobClient } from '../src/checkpoint/blob-client.ts'
import { parseBlobList } from '../src/checkpoint/blob-list.ts'
import { parseStorageConnection, parseStorageUrl } from '../src/checkpoint/storage-account.ts'
import { startBlobStandIn, type BlobAccess, type BlobStandIn } from './blob-stand-in.ts'

const key = Buffer.from('not really secret').toString('base64')
const scope = { namespace: 'Acme.servicebus.windows.net', hub: 'Flows', group: '$Default' }

async function start(
  access: BlobAccess,
  container = 'checkpoints',
): Promise<{ store: BlobStandIn; client: BlobClient }> {
  const store = await startBlobStandIn(access)
  onTestFinished(() => store.close())
  const account =
    access.kind === 'key'
      ? parseStorageConnection(
          `AccountName=${access.account};AccountKey=${access.key};BlobEndpoint=${store.url}`,
        )
      : parseStorageUrl(
          access.kind === 'sas'
            ? `${store.url}/?sv=1&sig=${encodeURIComponent(access.signature)}`
            : store.url,
        )
  const tokens = { token: () => Promise.resolve({ token: 'tok', expiresMs: Infinity }) }
  const client = createBlobClient({ account, container, tokens, clock: { now: () => Date.now() } })
  onTestFinished(() => client.close())
  return { store, client }
}

it.each<BlobAccess>([
  { kind: 'key', account: 'acme', key },
  { kind: 'sas', signature: 'a+b/c=' },
  { kind: 'token', token: 'tok' },
])('proves itself with $kind in every call', async (access) => {
  const { store, client } = await start(access)
  const checkpoints = blobCheckpoints(client, scope)
  await expect(checkpoints.read('0')).resolves.toBeUndefined()
  await checkpoints.write('0', { offset: '17', sequenceNumber: 3 })
  await checkpoints.write('0', { offset: '21', sequenceNumber: 4 })
  await expect(checkpoints.read('0')).resolves.toEqual({ offset: '21', sequenceNumber: 4 })
  await expect(client.list('')).resolves.toMatchObject({
    blobs: [{ name: 'acme.servicebus.windows.net/flows/$default/checkpoint/0' }],
  })
  expect(store.answers.filter((answer) => answer.endsWith(' 403'))).toEqual([])
})

it('gives a partition to one of many who claim it at once', async () => {
  const { client } = await start({ kind: 'sas', signature: 's' })
  const ownerships = blobOwnerships(client, scope)
  const first = await Promise.all(
    ['a', 'b', 'c', 'd'].map((owner) => ownerships.claim('0', owner, undefined)),
  )
  expect(first.filter((claim) => claim !== undefined)).toHaveLength(1)
  const { records } = await ownerships.list()
  const [record] = records
  const second = await Promise.all(['e', 'f', 'g'].map((owner) => ownerships.claim('0', owner, record?.etag)))
  const winners = second.filter((claim) => claim !== undefined)
  expect(winners).toHaveLength(1)
  expect((await ownerships.list()).records).toMatchObject([
    { ownerId: winners[0]?.ownerId, etag: winners[0]?.etag },
  ])
})

it('lists more than one page', async () => {
  const { client } = await start({ kind: 'sas', signature: 's' })
  const ownerships = blobOwnerships(client, scope)
  for (let id = 0; id < 8; id++) await ownerships.claim(String(id), 'a', undefined)
  expect((await ownerships.list()).records.map(({ partitionId }) => partitionId)).toEqual([
    '0',
    '1',
    '2',
    '3',
    '4',
    '5',
    '6',
    '7',
  ])
})

it('says what is wrong with the container, and never shows a signature', async () => {
  const { client } = await start({ kind: 'sas', signature: 'topsecret' }, 'nothing')
  const failure = await client.list('').catch((error: unknown) => error)
  expect(failure).toMatchObject({
    code: 'BLOB_STORE_FAILED',
    message: expect.stringContaining('404 (ContainerNotFound)'),
  })
  expect(String(failure)).not.toContain('topsecret')
})

it('reads the forms of connection strings', () => {
  expect(
    parseStorageConnection(
      `DefaultEndpointsProtocol=https;AccountName=acme;AccountKey=${key};EndpointSuffix=core.windows.net`,
    ).url,
  ).toBe('https://acme.blob.core.windows.net')
  expect(parseStorageConnection('BlobEndpoint=https://acme/;SharedAccessSignature=?sv=1&sig=x')).toEqual({
    url: 'https://acme',
    access: { kind: 'sas', query: 'sv=1&sig=x' },
  })
  expect(parseStorageConnection('UseDevelopmentStorage=true').url).toContain('devstoreaccount1')
  expect(() => parseStorageConnection(`AccountKey=${key}`)).toThrow(StartError)
  expect(() => parseStorageConnection(`AccountKey=${key}`)).not.toThrow(key)
  expect(() => parseStorageUrl('ftp://a')).toThrow(StartError)
  expect(parseStorageUrl('https://acme.blob.core.windows.net/').access).toEqual({ kind: 'entra' })
})

it('reads a list with hostile names, and one that is cut off', () => {
  const xml =
    '<Blobs><Blob><Name>a&amp;&lt;b&#x2F;&quot;</Name><Properties><Etag>&quot;1&quot;</Etag><Last-Modified>Sat, 21 Nov 2026 08:00:00 GMT</Last-Modified></Properties><Metadata><__proto__>x</__proto__><OwnerId>o</OwnerId></Metadata></Blob><Blob><Name>cut'
  expect(parseBlobList(xml)).toEqual({
    blobs: [
      {
        name: 'a&<b/"',
        etag: '"1"',
        lastModifiedMs: Date.UTC(2026, 10, 21, 8),
        metadata: new Map([
          ['__proto__', 'x'],
          ['ownerid', 'o'],
        ]),
      },
    ],
    next: '',
  })
})
