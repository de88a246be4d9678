import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { createServer as createHttpServer } from 'node:http'
import { connect, Socket, type AddressInfo } from 'node:net'

import { testAuthority } from '@spanloom/core/testing'
import {
  startLocalEventHubs,
  type LocalEventHubs,
  type LocalEventHubsOptions,
} from '@spanloom/eventhubs/local'
import { expect, it, onTestFinished } from 'vitest'

import { startBlobStandIn } from './blob-stand-in.ts'
import { numbered, patienceMs, soon, startConsumer, startProducer, textOf } from './start-clients.ts'

async function startHub(options: Partial<LocalEventHubsOptions> = {}): Promise<LocalEventHubs> {
  const hub = await startLocalEventHubs({ hubs: [{ name: 'flows', partitions: 1 }], ...options })
  onTestFinished(() => hub.close())
  return hub
}

const all = numbered(300).map((event) => textOf(event))

/** Sends and reads back over whatever the settings say. */
async function roundTrip(settings: Readonly<Record<string, unknown>>): Promise<string[]> {
  const { producer } = await startProducer(settings)
  await producer.send(numbered(300), { signal: soon() })
  const { events, received } = await startConsumer({ settings })
  await received(300)
  return events.map((event) => textOf(event))
}

/** An HTTP proxy that lets through what asks with CONNECT, and remembers whereto. */
async function startProxy(): Promise<{ readonly url: string; readonly targets: string[] }> {
  const targets: string[] = []
  const sockets = new Set<Socket>()
  const server = createHttpServer()
  server.on('connect', (request, client: Socket) => {
    const target = request.url ?? ''
    targets.push(target)
    const [host = '', port] = target.split(':')
    const upstream = connect(Number(port), host, () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n')
      upstream.pipe(client).pipe(upstream)
    })
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => socket.destroy())
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, targets }
}

it('speaks AMQP over TLS with an authority of its own', { timeout: patienceMs }, async () => {
  const authority = testAuthority()
  const hub = await startHub({ tls: authority.issue() })
  const settings = { connection: hub.connectionString('flows'), tls: { ca_pem: authority.cert } }
  expect(await roundTrip(settings)).toEqual(all)
})

it('refuses a certificate that nobody it trusts has signed', { timeout: patienceMs }, async () => {
  const hub = await startHub({ tls: testAuthority().issue() })
  const connection = hub.connectionString('flows')
  for (const tls of [{}, { ca_pem: testAuthority().cert }]) {
    const { producer } = await startProducer({ connection, tls })
    await expect(producer.send(numbered(1), { signal: soon() })).rejects.toMatchObject({ permanent: false })
  }
  expect(hub.read('flows')).toEqual([])
})

it('speaks AMQP over WebSockets, with TLS and without', { timeout: 2 * patienceMs }, async () => {
  const plain = await startHub({ webSocketPort: 0 })
  const transport = 'amqp_ws'
  expect(await roundTrip({ transport, connection: plain.connectionString('flows', 'amqp_ws') })).toEqual(all)
  const authority = testAuthority()
  const secure = await startHub({ webSocketPort: 0, tls: authority.issue() })
  const connection = secure.connectionString('flows', 'amqp_ws')
  expect(await roundTrip({ transport, connection, tls: { ca_pem: authority.cert } })).toEqual(all)
})

it('goes through a proxy', { timeout: patienceMs }, async () => {
  const authority = testAuthority()
  const hub = await startHub({ webSocketPort: 0, tls: authority.issue() })
  const proxy = await startProxy()
  const settings = {
    transport: 'amqp_ws',
    connection: hub.connectionString('flows', 'amqp_ws'),
    tls: { ca_pem: authority.cert },
    proxy_url: proxy.url,
  }
  expect(await roundTrip(settings)).toEqual(all)
  expect(proxy.targets).toHaveLength(2)
  for (const target of proxy.targets) expect(target).toMatch(new RegExp(`:${hub.webSocketPort}$`))
})

it('connects elsewhere while the namespace keeps its name', { timeout: patienceMs }, async () => {
  const authority = testAuthority()
  const hub = await startHub({ tls: authority.issue() })
  const connection = `Endpoint=sb://acme.example/;SharedAccessKeyName=${hub.keyName};SharedAccessKey=${hub.key};EntityPath=flows`
  const settings = { connection, endpoint: `localhost:${hub.port}`, tls: { ca_pem: authority.cert } }
  expect(await roundTrip(settings)).toEqual(all)
})

it(
  'reads what was sent with a hub policy, a namespace policy and event_hub.name',
  { timeout: patienceMs },
  async () => {
    const hub = await startHub()
    expect(await roundTrip({ connection: hub.connectionString(), event_hub: { name: 'flows' } })).toEqual(all)
  },
)

it('switches off the delay of small packets, of its own sockets only', { timeout: patienceMs }, async () => {
  const hub = await startHub()
  const ours: Socket[] = []
  const withoutDelay: Socket[] = []
  const watch = (message: unknown): void => {
    if (typeof message !== 'object' || message === null || !('socket' in message)) return
    const { socket } = message
    if (!(socket instanceof Socket)) return
    ours.push(socket)
    const setNoDelay = socket.setNoDelay.bind(socket)
    socket.setNoDelay = (on) => {
      if (on === true) withoutDelay.push(socket)
      return setNoDelay(on)
    }
  }
  subscribe('net.client.socket', watch)
  onTestFinished(() => void unsubscribe('net.client.socket', watch))
  const { producer } = await startProducer({ connection: hub.connectionString('flows') })
  await producer.send(numbered(1), { signal: soon() })
  const other = connect(hub.port, '127.0.0.1')
  other.destroy()
  expect(ours).toHaveLength(2)
  expect(withoutDelay).toEqual([ours[0]])

  // What the pipeline opens while it takes events is its own, too.
  const { received } = await startConsumer({
    settings: { connection: hub.connectionString('flows') },
    onEvents() {
      connect(hub.port, '127.0.0.1').destroy()
      return Promise.resolve()
    },
  })
  await received(1)
  expect(ours).toHaveLength(4)
  expect(withoutDelay).toEqual([ours[0], ours[2]])
})

it(
  'proves itself with a token of Entra ID, for the hub and for the container',
  { timeout: 2 * patienceMs },
  async () => {
    const authority = testAuthority()
    const hub = await startHub({ tls: authority.issue() })
    const store = await startBlobStandIn({ kind: 'token', token: 'header.payload.mark' })
    onTestFinished(() => store.close())
    const scopes: string[] = []
    const login = createHttpServer((request, response) => {
      let form = ''
      request.setEncoding('utf8')
      request.on('data', (chunk) => (form += String(chunk)))
      request.on('end', () => {
        scopes.push(new URLSearchParams(form).get('scope') ?? '')
        response.end('{"access_token":"header.payload.mark","expires_in":3600}')
      })
    })
    await new Promise<void>((resolve) => login.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void login.close())
    const settings = {
      event_hub: { name: 'flows', namespace: 'acme.example' },
      endpoint: `localhost:${hub.port}`,
      tls: { ca_pem: authority.cert },
      auth: {
        authority_host: `http://127.0.0.1:${(login.address() as AddressInfo).port}`,
        service_principal: { tenant_id: 'acme', client_id: 'app', client_secret: 'very secret' },
      },
    }
    const { producer } = await startProducer(settings)
    await producer.send(numbered(300), { signal: soon() })
    const blob = { storage_account_url: store.url, container_name: 'checkpoints' }
    const { received, stop } = await startConsumer({ settings: { ...settings, blob_checkpoint_store: blob } })
    await received(300)
    await stop()
    expect(new Set(scopes)).toEqual(
      new Set(['https://eventhubs.azure.net//.default', 'https://storage.azure.com/.default']),
    )
    expect(store.blobs.get('acme.example/flows/$default/checkpoint/0')?.metadata.get('sequencenumber')).toBe(
      '299',
    )
  },
)
