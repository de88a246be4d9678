import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'

import { Agent, request } from 'undici'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { parseConfig } from '../schema/parse-config.ts'
import { fakeClock, type FakeClock, testHost, testTelemetry, testAuthority } from '../testing/index.ts'
import { httpServerSettings } from './http-server-settings.ts'
import { createHttpServer, type HttpServer } from './http-server.ts'
import { checkTlsServer, tlsServerSettings } from './tls-server-settings.ts'
import { loadServerTls, reloadServerTls } from './tls-server.ts'

const authority = testAuthority()
const own = authority.issue('first')
let dir: string
const closers: (() => Promise<unknown>)[] = []

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'spanloom-tls-'))
})
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()))
  await rm(dir, { recursive: true })
})

async function file(name: string, text: string): Promise<string> {
  const path = join(dir, name)
  await writeFile(path, text)
  return path
}

async function start(
  tls: Readonly<Record<string, unknown>>,
  clock: FakeClock = fakeClock(),
  endpoint = 'localhost:0',
): Promise<HttpServer> {
  const schema = { type: 'object', properties: httpServerSettings } as const
  const server = createHttpServer({
    id: 'test',
    config: parseConfig(schema, { endpoint, write_timeout: '0s', tls }),
    telemetry: testTelemetry(),
    clock,
    handle: () => ({ status: 200, body: 'secure' }),
    fault: () => ({ status: 500 }),
  })
  closers.push(() => server.shutdown(AbortSignal.abort()))
  await server.start(testHost())
  return server
}

async function get(server: HttpServer, connect: Readonly<Record<string, unknown>> = {}): Promise<string> {
  const agent = new Agent({ connect: { ca: authority.cert, ...connect } })
  closers.push(() => agent.destroy())
  const answer = await request(`https://localhost:${server.url?.port}/`, { dispatcher: agent })
  return answer.body.text()
}

/** Common name of the certificate that the server shows. */
function shownName(server: HttpServer): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connectTls({ port: Number(server.url?.port), ca: authority.cert, servername: 'localhost' })
    socket.once('secureConnect', () => {
      resolve(String(socket.getPeerCertificate().subject.CN))
      socket.destroy()
    })
    socket.once('error', reject)
  })
}

it('serves over TLS from files and from text', async () => {
  const fromText = await start({ cert_pem: own.cert, key_pem: own.key })
  const fromFiles = await start({
    cert_file: await file('c.pem', own.cert),
    key_file: await file('k.pem', own.key),
  })

  expect(fromText.url?.protocol).toBe('https:')
  expect(await get(fromText)).toBe('secure')
  expect(await get(fromFiles)).toBe('secure')
})

it('mTLS: requires a certificate of client_ca_file', async () => {
  const clients = testAuthority('Clients')
  const client = clients.issue('client')
  const stranger = testAuthority('Strangers').issue('stranger')
  const server = await start({
    cert_pem: own.cert,
    key_pem: own.key,
    client_ca_file: await file('clients.pem', clients.cert),
  })

  expect(await get(server, { cert: client.cert, key: client.key })).toBe('secure')
  await expect(get(server)).rejects.toThrow(/certificate|closed|ECONNRESET|socket/i)
  await expect(get(server, { cert: stranger.cert, key: stranger.key })).rejects.toThrow(
    /unknown ca|closed|socket/i,
  )
})

it('keeps to min_version', async () => {
  const server = await start({ cert_pem: own.cert, key_pem: own.key, min_version: '1.3' })

  await expect(get(server, { maxVersion: 'TLSv1.2' })).rejects.toThrow(/protocol version/i)
  expect(await get(server)).toBe('secure')
})

it('reload_interval: a new pair serves new connections, a broken one is left out', async () => {
  const clock = fakeClock()
  const cert_file = await file('c.pem', own.cert)
  const key_file = await file('k.pem', own.key)
  const server = await start({ cert_file, key_file, reload_interval: '1h' }, clock)
  expect(await shownName(server)).toBe('first')

  await file('c.pem', 'broken')
  await clock.advance(3_600_000)
  await expect.poll(() => clock.pending).toBe(1)
  expect(await shownName(server)).toBe('first')

  const second = authority.issue('second')
  await file('c.pem', second.cert)
  await file('k.pem', second.key)
  await clock.advance(3_600_000)
  await expect.poll(() => shownName(server)).toBe('second')
})

it('reload_interval: leaves the server alone while the files say the same', async () => {
  const clock = fakeClock()
  const config = parseConfig(wrapped, {
    tls: { cert_pem: own.cert, key_pem: own.key, reload_interval: '1h' },
  }).tls
  if (config === undefined) throw new Error('TLS is off.')
  const contexts: unknown[] = []
  const server = { setSecureContext: (options: unknown) => void contexts.push(options) }
  const { logger } = testTelemetry()

  const stop = reloadServerTls(server, config, await loadServerTls(config), { clock, logger })
  await clock.advance(3_600_000)
  await expect.poll(() => clock.pending).toBe(1)
  const stopOther = reloadServerTls(server, config, {}, { clock, logger })
  await clock.advance(3_600_000)
  await expect.poll(() => contexts.length).toBe(1)
  stop()
  stopOther()
  expect(clock.pending).toBe(0)
})

it('reload_interval: a reading that a shutdown overtakes changes nothing any more', async () => {
  const clock = fakeClock()
  const cert_file = await file('c.pem', own.cert)
  const config = parseConfig(wrapped, { tls: { cert_file, key_pem: own.key, reload_interval: '1h' } }).tls
  if (config === undefined) throw new Error('TLS is off.')
  const contexts: unknown[] = []
  const due: (() => void)[] = []
  const reading = {
    ...clock,
    schedule: (_ms: number, run: () => void) => (due.push(run), { cancel: () => undefined }),
  }

  const stop = reloadServerTls(
    { setSecureContext: (options) => void contexts.push(options) },
    config,
    {},
    {
      clock: reading,
      logger: testTelemetry().logger,
    },
  )
  due[0]?.()
  stop()
  await loadServerTls(config)
  await clock.advance(0)

  expect(contexts).toHaveLength(0)
  expect(due).toHaveLength(1)
})

it('leaves no timer behind when it cannot listen', async () => {
  const clock = fakeClock()
  const { url } = await start({ cert_pem: own.cert, key_pem: own.key })
  const tls = { cert_pem: own.cert, key_pem: own.key, reload_interval: '1h' }

  await expect(start(tls, clock, `localhost:${url?.port}`)).rejects.toThrow(/address already in use/)
  expect(clock.pending).toBe(0)
})

it('OTR-19: shutdown drops TLS connections that are idle or only began to ask', async () => {
  const server = await start({ cert_pem: own.cert, key_pem: own.key })
  const sockets = ['', 'POST / HTTP/1.1\r\nHo'].map((text) => {
    const socket = connectTls({ port: Number(server.url?.port), ca: authority.cert, servername: 'localhost' })
    socket.write(text)
    return socket.resume()
  })
  const closed = Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once('close', resolve))))
  await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once('session', resolve))))

  await server.shutdown(AbortSignal.timeout(30_000))

  await expect(closed).resolves.toHaveLength(2)
})

describe('faults', () => {
  it.each([
    [
      'both forms of one thing',
      { cert_file: 'a', cert_pem: 'b', key_file: 'k' },
      /either 'cert_file' or 'cert_pem'/,
    ],
    ['a certificate without a key', { cert_file: 'a' }, /provide both certificate and key/],
    ['nothing at all', {}, /needs a certificate/],
    [
      'versions the wrong way round',
      { cert_file: 'a', key_file: 'k', min_version: '1.3', max_version: '1.2' },
      /min_version/,
    ],
  ])('are found before the start: %s', (_case, tls, message) => {
    const config = parseConfig(wrapped, { tls }).tls
    const found: string[] = []
    checkTlsServer(config, ['tls'], (_path, text) => found.push(text))

    expect(found).toHaveLength(1)
    expect(found[0]).toMatch(message)
  })

  it('name the file that cannot be read', async () => {
    const { tls } = parseConfig(wrapped, { tls: { cert_file: join(dir, 'none.pem'), key_pem: own.key } })

    await expect(tls && loadServerTls(tls)).rejects.toThrow(/failed to load TLS certificate from .*none\.pem/)
  })
})

const wrapped = { type: 'object', properties: { tls: tlsServerSettings } } as const
