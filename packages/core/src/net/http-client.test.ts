import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer as createHttpServer } from 'node:http'
import { createSecureServer } from 'node:http2'
import { createServer as createHttpsServer, type ServerOptions } from 'node:https'
import { type AddressInfo, connect, type Server as NetServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TLSSocket } from 'node:tls'

import { describe, expect, it, onTestFinished } from 'vitest'

import { messageOf } from '../errors/errors.ts'
import { parseConfig } from '../schema/parse-config.ts'
import { testAuthority } from '../testing/certificates.ts'
import { testHost } from '../testing/create.ts'
import { type FakeClock, fakeClock, settle } from '../testing/fake-clock.ts'
import { recordingLogger, silentLogger } from '../testing/telemetry.ts'
import { httpClientSettings } from './http-client-settings.ts'
import { createHttpClient, type HttpClient } from './http-client.ts'
import type { ProxyEnvironment } from './http-dispatcher.ts'

const { signal } = new AbortController()
const authority = testAuthority()

interface ClientOptions {
  readonly clock?: FakeClock
  readonly env?: ProxyEnvironment
  readonly logger?: typeof silentLogger
}

async function client(
  config: Readonly<Record<string, unknown>>,
  { clock = fakeClock(), env = {}, logger = silentLogger }: ClientOptions = {},
): Promise<HttpClient> {
  const schema = { type: 'object', properties: httpClientSettings, additionalProperties: false } as const
  const made = await createHttpClient(parseConfig(schema, config), {
    host: testHost(),
    clock,
    logger,
    build: { command: 'test', version: '1' },
    env,
  })
  onTestFinished(() => made.close(AbortSignal.abort()))
  return made
}

async function listen(server: NetServer): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  // A listening TCP server always has an address of this form.
  return (server.address() as AddressInfo).port
}

/** A TLS server that answers with who the client is. */
async function secureServer(options: ServerOptions = {}): Promise<string> {
  const server = createHttpsServer({ ...authority.issue(), ...options }, ({ socket }, response) => {
    const subject = socket instanceof TLSSocket ? socket.getPeerCertificate().subject : undefined
    response.end(String(subject?.CN))
  })
  onTestFinished(() => server.closeAllConnections())
  return `https://localhost:${await listen(server)}/`
}

const bodyOf = async (sender: HttpClient, url: string): Promise<string> => {
  const request = { method: 'POST', url: new URL(url), headers: {}, body: Buffer.from('x'), signal } as const
  return (await sender.request({ ...request, maxResponseBytes: 1_000 })).body.toString()
}

const outcomeOf = (call: Promise<string>): Promise<string> => call.catch((error: unknown) => messageOf(error))

describe('tls', () => {
  it('checks the server against the CA that is given', async () => {
    const url = await secureServer()

    expect(await outcomeOf(bodyOf(await client({}), url))).toMatch(
      /^failed to make an HTTP request: .*certificate/,
    )
    expect(await bodyOf(await client({ tls: { ca_pem: authority.cert } }), url)).toBe('undefined')
    expect(await bodyOf(await client({ tls: { insecure_skip_verify: true } }), url)).toBe('undefined')
  })

  it('checks the name, or that of server_name_override', async () => {
    const url = await secureServer()
    const tls = { ca_pem: authority.cert, server_name_override: 'other.example.com' }

    expect(await outcomeOf(bodyOf(await client({ tls }), url))).toMatch(/other\.example\.com|altnames/)
  })

  it('shows its own certificate', async () => {
    const url = await secureServer({ ca: authority.cert, requestCert: true, rejectUnauthorized: true })
    const { cert, key } = authority.issue('agent-7')
    const tls = { ca_pem: authority.cert, cert_pem: cert, key_pem: key }

    expect(await bodyOf(await client({ tls }), url)).toBe('agent-7')
  })

  it('holds to min_version', async () => {
    const url = await secureServer({ maxVersion: 'TLSv1.2' })
    const strict = await client({ tls: { ca_pem: authority.cert, min_version: '1.3' } })

    expect(await bodyOf(await client({ tls: { ca_pem: authority.cert } }), url)).toBe('undefined')
    expect(await outcomeOf(bodyOf(strict, url))).toMatch(/protocol version|unsupported protocol/i)
  })

  it('reads its certificate again after reload_interval', async () => {
    const url = await secureServer({ ca: authority.cert, requestCert: true, rejectUnauthorized: true })
    const folder = await mkdtemp(join(tmpdir(), 'tls-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    const store = async (name: string): Promise<void> => {
      const { cert, key } = authority.issue(name)
      await writeFile(join(folder, 'cert.pem'), cert)
      await writeFile(join(folder, 'key.pem'), key)
    }
    await store('first')
    const clock = fakeClock()
    const logger = recordingLogger()
    const files = { cert_file: join(folder, 'cert.pem'), key_file: join(folder, 'key.pem') }
    const sender = await client(
      { tls: { ca_pem: authority.cert, ...files, reload_interval: '1m' } },
      { clock, logger },
    )
    expect(await bodyOf(sender, url)).toBe('first')

    await store('second')
    expect(await bodyOf(sender, url)).toBe('first')
    await clock.advance(60_000)
    let name = await bodyOf(sender, url)
    while (name === 'first') name = await bodyOf(sender, url)
    expect(name).toBe('second')

    await rm(join(folder, 'key.pem'))
    await clock.advance(60_000)
    await bodyOf(sender, url)
    while (logger.lines.length === 0) await settle()
    expect(await bodyOf(sender, url)).toBe('second')
  })

  it('speaks HTTP/2 where the server offers it, unless told not to', async () => {
    const server = createSecureServer({ ...authority.issue(), allowHTTP1: true }, (request, response) => {
      response.end(request.httpVersion)
    })
    const url = `https://localhost:${await listen(server)}/`
    const tls = { ca_pem: authority.cert }

    expect(await bodyOf(await client({ tls }), url)).toBe('2.0')
    expect(await bodyOf(await client({ tls, force_attempt_http2: false }), url)).toBe('1.1')
  })
})

describe('proxy', () => {
  /** A proxy that notes what it was asked for. */
  async function proxy(): Promise<{ readonly url: string; readonly asked: string[] }> {
    const asked: string[] = []
    const sockets = new Set<Socket>()
    const server = createHttpServer((request, response) => {
      asked.push(`${request.method} ${request.url}`)
      response.end('from the proxy')
    })
    server.on('connect', (request, socket, head) => {
      asked.push(`CONNECT ${request.url} ${request.headers['proxy-authorization'] ?? ''}`.trim())
      const port = Number(request.url?.split(':').at(-1))
      const upstream = connect(port, '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n')
        upstream.write(head)
        upstream.pipe(socket).pipe(upstream)
      })
      sockets.add(upstream)
      upstream.on('error', () => socket.destroy())
      socket.on('error', () => upstream.destroy())
    })
    const port = await listen(server)
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy()
      server.closeAllConnections()
    })
    return { url: `http://127.0.0.1:${port}`, asked }
  }

  async function plainServer(): Promise<string> {
    const server = createHttpServer((_, response) => response.end('direct'))
    onTestFinished(() => server.closeAllConnections())
    return `http://127.0.0.1:${await listen(server)}/`
  }

  it('goes through proxy_url, with its user', async () => {
    const { url, asked } = await proxy()
    const target = await secureServer()
    const proxyUrl = url.replace('http://', 'http://me:secret@')
    const sender = await client({ proxy_url: proxyUrl, tls: { ca_pem: authority.cert } })

    expect(await bodyOf(sender, target)).toBe('undefined')
    expect(asked).toEqual([`CONNECT ${new URL(target).host} Basic ${btoa('me:secret')}`])
  })

  /** The same server under a name that is not of this machine, which only the proxy finds. */
  const far = (url: string): string => url.replace(/localhost|127\.0\.0\.1/, 'traces.invalid')
  const tls = { ca_pem: authority.cert, server_name_override: 'localhost' }

  it.each(['https_proxy', 'HTTPS_PROXY'])('goes through %s', async (name) => {
    const { url, asked } = await proxy()
    const target = far(await secureServer())
    const sender = await client({ tls }, { env: { [name]: url } })

    expect(await bodyOf(sender, target)).toBe('undefined')
    expect(asked).toEqual([`CONNECT ${new URL(target).host}`])
  })

  it('takes the proxy for http only for http', async () => {
    const { url, asked } = await proxy()
    const sender = await client({ tls }, { env: { http_proxy: url } })

    expect(await outcomeOf(bodyOf(sender, far(await secureServer())))).toMatch(/ENOTFOUND|EAI_AGAIN/)
    expect(asked).toEqual([])
    await bodyOf(sender, far(await plainServer()))
    expect(asked).toHaveLength(1)
  })

  it('goes past the proxy to this machine and to NO_PROXY', async () => {
    const { url, asked } = await proxy()
    const env = { HTTP_PROXY: url, NO_PROXY: '.invalid' }

    expect(await bodyOf(await client({}, { env }), await plainServer())).toBe('direct')
    expect(await outcomeOf(bodyOf(await client({}, { env }), far(await plainServer())))).toMatch(
      /ENOTFOUND|EAI_AGAIN/,
    )
    expect(asked).toEqual([])
  })
})

describe('request', () => {
  it('ends with its signal, also while it waits for a connection', async () => {
    const server = createHttpServer(() => undefined)
    onTestFinished(() => server.closeAllConnections())
    const url = new URL(`http://127.0.0.1:${await listen(server)}/`)
    const sender = await client({ max_conns_per_host: 1 })
    const one = new AbortController()
    const two = new AbortController()
    const ask = (limit: AbortController): Promise<unknown> =>
      sender
        .request({ method: 'POST', url, headers: {}, body: null, signal: limit.signal, maxResponseBytes: 1 })
        .catch(messageOf)
    const calls = [ask(one), ask(two)]
    two.abort(new Error('second'))
    one.abort(new Error('first'))

    expect(await Promise.all(calls)).toEqual(['first', 'second'])
    expect(await ask(two)).toBe('second')
  })

  it('waits with closing for a request in flight, as long as it may', async () => {
    const arrived = Promise.withResolvers<() => void>()
    const server = createHttpServer((_, response) => arrived.resolve(() => response.end('done')))
    onTestFinished(() => server.closeAllConnections())
    const url = `http://127.0.0.1:${await listen(server)}/`
    const patient = await client({})
    const call = bodyOf(patient, url)
    const finish = await arrived.promise
    let closed = false
    const closing = patient.close(signal).then(() => (closed = true))
    await settle()
    expect(closed).toBe(false)

    finish()
    expect(await call).toBe('done')
    await closing
    await expect(bodyOf(patient, url)).rejects.toThrow('failed to make an HTTP request')
  })

  it('does not wait longer than it may', async () => {
    const server = createHttpServer(() => undefined)
    onTestFinished(() => server.closeAllConnections())
    const url = new URL(`http://127.0.0.1:${await listen(server)}/`)
    const sender = await client({})
    const own = new AbortController()
    const call = sender
      .request({ method: 'POST', url, headers: {}, body: null, signal: own.signal, maxResponseBytes: 1 })
      .catch(messageOf)
    const limit = new AbortController()
    const closing = sender.close(limit.signal)
    limit.abort()

    await expect(closing).resolves.toBeUndefined()
    own.abort(new Error('over'))
    expect(await call).toBe('over')
  })

  it('says what came of every address of a host', async () => {
    const sender = await client({})
    expect(await outcomeOf(bodyOf(sender, 'http://localhost:1/'))).toMatch(/ECONNREFUSED/)
  })
})
