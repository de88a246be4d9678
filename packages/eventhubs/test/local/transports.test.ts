import { createHmac } from 'node:crypto'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'

import { EventHubProducerClient, type EventHubClientOptions } from '@azure/event-hubs'
import { testAuthority } from '@spanloom/core/testing'
import { beforeAll, expect, it } from 'vitest'
import { WebSocket as WebSocketOfWs } from 'ws'

import { type LocalEventHubs, startLocalEventHubs } from '../../src/local/index.ts'
import { quick } from './azure-clients.ts'
import { startHubs } from './start-hubs.ts'

const authority = testAuthority()

beforeAll(() => {
  const before = getCACertificates('default')
  setDefaultCACertificates([...before, authority.cert])
  return () => setDefaultCACertificates(before)
})

function startSecureHubs(): Promise<LocalEventHubs> {
  return startHubs({ tls: authority.issue(), webSocketPort: 0, key: 'a+key/with=signs==' })
}

/** Sends an event over a client and tells what arrived. */
async function sent(client: EventHubProducerClient, hubs: LocalEventHubs): Promise<string[]> {
  try {
    await client.sendBatch([{ body: Buffer.from('event') }])
  } finally {
    await client.close()
  }
  return hubs.read('flows').map(({ body }) => Buffer.from(body).toString())
}

/** A token as a user would make it by hand. */
function sharedAccessSignature(
  { keyName, key }: Pick<LocalEventHubs, 'keyName' | 'key'>,
  audience: string,
  expiry = Math.ceil(Date.now() / 1000) + 600,
): string {
  const resource = encodeURIComponent(audience)
  const signature = createHmac('sha256', key).update(`${resource}\n${expiry}`).digest('base64')
  return `SharedAccessSignature sr=${resource}&sig=${encodeURIComponent(signature)}&se=${expiry}&skn=${keyName}`
}

it('speaks TLS', async () => {
  await using hubs = await startSecureHubs()

  const client = new EventHubProducerClient(hubs.connectionString('flows'), quick)

  expect(await sent(client, hubs)).toEqual(['event'])
})

it.for([
  ['the class of ws', WebSocketOfWs],
  ['the class that is built in', WebSocket],
] as const)('speaks WebSocket with %s', async ([, webSocket]) => {
  await using hubs = await startSecureHubs()

  const client = new EventHubProducerClient(hubs.connectionString('flows', 'amqp_ws'), {
    ...quick,
    webSocketOptions: { webSocket, webSocketConstructorOptions: {} },
  })

  expect(await sent(client, hubs)).toEqual(['event'])
})

it('carries large batches over WebSocket', async () => {
  await using hubs = await startSecureHubs()
  const client = new EventHubProducerClient(hubs.connectionString('flows', 'amqp_ws'), {
    ...quick,
    webSocketOptions: { webSocket: WebSocketOfWs, webSocketConstructorOptions: {} },
  })

  await client.sendBatch([{ body: Buffer.alloc(900_000, 'x') }])
  await client.close()

  expect(hubs.read('flows')[0]?.body).toHaveLength(900_000)
})

it('stands in for a namespace behind a custom endpoint', async () => {
  await using hubs = await startSecureHubs()

  const client = new EventHubProducerClient(
    `Endpoint=sb://prod.servicebus.windows.net/;SharedAccessKeyName=${hubs.keyName};SharedAccessKey=${hubs.key}`,
    'flows',
    { ...quick, customEndpointAddress: `sb://localhost:${hubs.port}` },
  )

  expect(await sent(client, hubs)).toEqual(['event'])
})

type Credential = ConstructorParameters<typeof EventHubProducerClient>[2]

function clientWith(hubs: LocalEventHubs, credential: unknown): EventHubProducerClient {
  const options: EventHubClientOptions = { ...quick, customEndpointAddress: `sb://localhost:${hubs.port}` }
  return new EventHubProducerClient(
    'prod.servicebus.windows.net',
    'flows',
    credential as Credential & object,
    options,
  )
}

it('accepts a named key', async () => {
  await using hubs = await startSecureHubs()

  const client = clientWith(hubs, { name: hubs.keyName, key: hubs.key })

  expect(await sent(client, hubs)).toEqual(['event'])
})

it.for([
  ['of the namespace', 'sb://prod.servicebus.windows.net/'],
  ['of the hub', 'sb://prod.servicebus.windows.net/flows'],
])('accepts a shared access signature %s', async ([, audience = '']) => {
  await using hubs = await startSecureHubs()

  const client = clientWith(hubs, { signature: sharedAccessSignature(hubs, audience) })

  expect(await sent(client, hubs)).toEqual(['event'])
})

it('accepts a shared access signature in the connection string', async () => {
  await using hubs = await startSecureHubs()
  const token = sharedAccessSignature(hubs, `sb://localhost:${hubs.port}/flows`)

  const client = new EventHubProducerClient(
    `Endpoint=sb://localhost:${hubs.port}/;SharedAccessSignature=${token};EntityPath=flows`,
    quick,
  )

  expect(await sent(client, hubs)).toEqual(['event'])
})

it('accepts the token of a directory', async () => {
  await using hubs = await startSecureHubs()
  const getToken = (): Promise<object> =>
    Promise.resolve({ token: 'aaa.bbb.ccc', expiresOnTimestamp: Date.now() + 600_000 })

  const client = clientWith(hubs, { getToken })

  expect(await sent(client, hubs)).toEqual(['event'])
})

it.for<[string, (hubs: LocalEventHubs) => string]>([
  ['another key', ({ keyName }) => sharedAccessSignature({ keyName, key: 'other' }, 'sb://prod/flows')],
  ['another policy', ({ key }) => sharedAccessSignature({ keyName: 'other', key }, 'sb://prod/flows')],
  ['another hub', (hubs) => sharedAccessSignature(hubs, 'sb://prod/floes')],
  ['an expiry in the past', (hubs) => sharedAccessSignature(hubs, 'sb://prod/flows', 1_000)],
])('refuses a signature with %s', async ([, signature]) => {
  await using hubs = await startSecureHubs()

  const client = clientWith(hubs, { signature: signature(hubs) })

  await expect(sent(client, hubs)).rejects.toMatchObject({ code: 'UnauthorizedError' })
  expect(hubs.read('flows')).toEqual([])
})

it('serves plain WebSocket without a certificate', async () => {
  await using hubs = await startHubs({ webSocketPort: 0 })
  class PlainWebSocket extends WebSocketOfWs {
    constructor(url: string, protocols: string[]) {
      super(url.replace('wss://', 'ws://'), protocols)
    }
  }

  const client = new EventHubProducerClient(hubs.connectionString('flows', 'amqp_ws'), {
    ...quick,
    webSocketOptions: { webSocket: PlainWebSocket as typeof WebSocketOfWs, webSocketConstructorOptions: {} },
  })

  expect(await sent(client, hubs)).toEqual(['event'])
})

it('refuses to start on a port that is taken, and holds none then', async () => {
  await using hubs = await startHubs()

  await expect(startHubs({ webSocketPort: hubs.port })).rejects.toMatchObject({ code: 'EADDRINUSE' })
})

it.for<[string, Parameters<typeof startLocalEventHubs>[0]['hubs']]>([
  ['a name that is none', [{ name: 'a/b' }]],
  ['no partitions', [{ name: 'flows', partitions: 0 }]],
  ['a retention of nothing', [{ name: 'flows', retention: 0 }]],
  ['the same name twice', [{ name: 'flows' }, { name: 'FLOWS' }]],
])('refuses hubs with %s', async ([, hubs]) => {
  await expect(startLocalEventHubs({ hubs })).rejects.toThrow(RangeError)
})
