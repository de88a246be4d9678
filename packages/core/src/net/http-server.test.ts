import { once } from 'node:events'
import { connect, createServer as createNetServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'

import { Agent, request } from 'undici'
import { afterEach, describe, expect, it } from 'vitest'

import { systemClock } from '../clock/clock.ts'
import type { Extension } from '../component/extension.ts'
import { PermanentError, RetryableError, StartError } from '../errors/errors.ts'
import { parseConfig } from '../schema/parse-config.ts'
import { testHost, testTelemetry, type TestTelemetry } from '../testing/index.ts'
import { httpServerSettings } from './http-server-settings.ts'
import { createHttpServer, type HttpHandler, type HttpServer } from './http-server.ts'
import { errorAnswer } from './outcome-tables.ts'

const schema = { type: 'object', properties: httpServerSettings, additionalProperties: false } as const
const agents: Agent[] = []
const running: HttpServer[] = []

interface Started {
  readonly server: HttpServer
  readonly url: string
  readonly telemetry: TestTelemetry
}

async function start(
  settings: Readonly<Record<string, unknown>> = {},
  handle: HttpHandler = async (received) => ({ status: 200, body: await received.body() }),
  extensions: Readonly<Record<string, Extension>> = {},
): Promise<Started> {
  const telemetry = testTelemetry()
  const config = parseConfig(schema, { endpoint: '127.0.0.1:0', ...settings })
  const server = createHttpServer({
    id: 'test',
    config,
    telemetry,
    clock: systemClock,
    handle,
    fault(error) {
      const { httpStatus, message } = errorAnswer(error)
      return { status: httpStatus, body: message }
    },
  })
  running.push(server)
  await server.start(testHost(extensions))
  return { server, url: String(server.url), telemetry }
}

function agent(): Agent {
  const made = new Agent()
  agents.push(made)
  return made
}

const extension = (parts: Partial<Extension>): Extension => ({
  start: () => Promise.resolve(),
  shutdown: () => Promise.resolve(),
  ...parts,
})

async function post(
  url: string,
  body: string | Buffer | AsyncIterable<Buffer>,
  headers: Record<string, string> = {},
): Promise<{ status: number; text: string; headers: Record<string, unknown> }> {
  const answer = await request(url, { method: 'POST', body: body as Buffer, headers, dispatcher: agent() })
  return { status: answer.statusCode, text: await answer.body.text(), headers: answer.headers }
}

/** Opens a raw connection, sends `text`, and gives all that comes back until the server closes it. */
async function raw(server: HttpServer, text: string): Promise<string> {
  const socket = connectTo(server)
  socket.write(text)
  return String(Buffer.concat(await socket.toArray()))
}

function connectTo(server: HttpServer): Socket {
  return connect(Number(server.url?.port), '127.0.0.1')
}

afterEach(async () => {
  await Promise.all(agents.splice(0).map((made) => made.destroy()))
  await Promise.all(running.splice(0).map((server) => server.shutdown(AbortSignal.abort())))
})

describe('start', () => {
  it('tells its bound address when the port is 0', async () => {
    const { server } = await start()

    expect(server.address).toMatch(/^127\.0\.0\.1:\d{2,5}$/)
    expect(server.url?.protocol).toBe('http:')
  })

  it('RUN-03, OTR-18: says that a port is in use in the words of the reference', async () => {
    const blocker = createNetServer().listen(0, '127.0.0.1')
    await once(blocker, 'listening')
    const { port } = blocker.address() as { port: number }

    await expect(start({ endpoint: `127.0.0.1:${port}` })).rejects.toThrow(
      expect.objectContaining({
        constructor: StartError,
        message: `listen tcp 127.0.0.1:${port}: address already in use`,
        hint: expect.stringContaining('"test"'),
      }),
    )
    blocker.close()
  })

  it('says that a host does not exist', async () => {
    await expect(start({ endpoint: 'no-such-host.invalid:0' })).rejects.toThrow(
      /^listen tcp no-such-host\.invalid:0: /,
    )
  })

  it('OTR-17: fails when the authenticator is missing or cannot check requests', async () => {
    const auth = { authenticator: 'basicauth' }

    await expect(start({ auth })).rejects.toThrow(
      'failed to resolve authenticator "basicauth": authenticator not found',
    )
    await expect(start({ auth }, undefined, { basicauth: extension({}) })).rejects.toThrow(StartError)
    await expect(start({ middlewares: [{ id: 'memory_limiter' }] })).rejects.toThrow(
      'failed to resolve middleware "memory_limiter": middleware not found',
    )
  })

  it('listens on a unix socket', async () => {
    const path = join(tmpdir(), `spanloom-${process.pid}-${Date.now()}.sock`)
    const { server } = await start({ endpoint: path, transport: 'unix' })

    const unix = new Agent({ connect: { socketPath: path } })
    agents.push(unix)
    const answer = await request('http://localhost/', { method: 'POST', body: 'x', dispatcher: unix })

    expect(server.address).toBe(path)
    expect(await answer.body.text()).toBe('x')
  })

  it('refuses a response header that would break the answer apart, without telling its value', async () => {
    await expect(start({ response_headers: { 'X-Key': 'a\r\nSet-Cookie: b' } })).rejects.toThrow(
      expect.objectContaining({ message: 'invalid value of header "X-Key"' }),
    )
  })
})

describe('bodies', () => {
  it('OTR-06: takes a body of exactly the limit, refuses one byte more, declared or in chunks', async () => {
    const { url } = await start({ max_request_body_size: 1000 })

    expect((await post(url, Buffer.alloc(1000))).status).toBe(200)
    expect((await post(url, Buffer.alloc(1001))).status).toBe(413)
    expect((await post(url, chunks(1000))).status).toBe(200)
    expect((await post(url, chunks(1001))).status).toBe(413)
  })

  it('OTR-06: a sender still sending a much larger body gets to read the 413', async () => {
    const { url } = await start({ max_request_body_size: 1000 })

    expect((await post(url, Buffer.alloc(3_000_000))).status).toBe(413)
    expect((await post(url, chunks(3_000_000))).status).toBe(413)
  })

  it('does not read a body without end', async () => {
    const { server } = await start({ max_request_body_size: 1000 })
    const socket = connectTo(server)
    socket.on('error', () => undefined)
    socket.write('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n')
    const chunk = Buffer.from(`10000\r\n${'x'.repeat(0x10000)}\r\n`)
    const send = (): void => {
      while (!socket.destroyed && socket.write(chunk));
    }
    socket.on('drain', send)
    send()

    const answer: Buffer[] = []
    socket.on('data', (data: Buffer) => answer.push(data))
    await new Promise((resolve) => socket.once('close', resolve))
    expect(String(Buffer.concat(answer))).toMatch(/^HTTP\/1\.1 413 /)
  })

  it('OTR-05: takes gzip and zstd, refuses what it does not know with 400', async () => {
    const { url } = await start()

    expect(await post(url, gzipSync('one'), { 'content-encoding': 'gzip' })).toMatchObject({
      status: 200,
      text: 'one',
    })
    expect(await post(url, zstdCompressSync('two'), { 'content-encoding': 'zstd' })).toMatchObject({
      text: 'two',
    })
    expect(await post(url, 'x', { 'content-encoding': 'br' })).toMatchObject({
      status: 400,
      text: 'unsupported Content-Encoding: br',
    })
  })

  it('takes only the encodings of compression_algorithms', async () => {
    const { url } = await start({ compression_algorithms: ['zstd'] })

    expect((await post(url, zstdCompressSync('x'), { 'content-encoding': 'zstd' })).status).toBe(200)
    expect((await post(url, gzipSync('x'), { 'content-encoding': 'gzip' })).status).toBe(400)
    expect((await post(url, 'x')).status).toBe(400)
  })

  it('answers 400 to a truncated gzip body and 413 to a bomb', async () => {
    const { url } = await start({ max_request_body_size: 100_000 })
    const body = gzipSync('x'.repeat(1000))

    expect((await post(url, body.subarray(0, -4), { 'content-encoding': 'gzip' })).status).toBe(400)
    expect((await post(url, gzipSync(Buffer.alloc(50_000_000)), { 'content-encoding': 'gzip' })).status).toBe(
      413,
    )
  })

  it('asks for the body of a sender that waits to be asked, and does not ask for one that is too large', async () => {
    const { server } = await start({ max_request_body_size: 10 })
    const head = 'POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nConnection: close\r\nContent-Length: '
    const socket = connectTo(server)
    socket.write(`${head}2\r\n\r\n`)
    const [asked] = await once(socket, 'data')
    socket.write('ok')

    expect(String(asked)).toContain('100 Continue')
    expect(String(Buffer.concat(await socket.toArray()))).toMatch(/^HTTP\/1\.1 200 [^]*ok$/)
    expect(await raw(server, `${head}11\r\n\r\n`)).toMatch(/^HTTP\/1\.1 413 /)
  })

  it('survives a sender that goes away in the middle of its body', async () => {
    const faults = Promise.withResolvers<unknown>()
    const { server, url } = await start({}, async (received) => {
      try {
        return { status: 200, body: await received.body() }
      } catch (error) {
        faults.resolve(error)
        throw error
      }
    })
    const socket = connectTo(server)
    socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nonly this')
    socket.once('connect', () => setImmediate(() => socket.resetAndDestroy()))

    await expect(faults.promise).resolves.toMatchObject({ code: 'REQUEST_ABORTED' })
    expect((await post(url, 'next')).status).toBe(200)
  })
})

describe('order of checks (OTR-04)', () => {
  const refusing = extension({
    serverAuthenticator: {
      authenticate: () => Promise.reject(new PermanentError('UNAUTHENTICATED', 'wrong password')),
    },
  })
  const full = extension({
    requestGuard: {
      admit: () => {
        throw new RetryableError('MEMORY', 'data refused due to high memory usage')
      },
    },
  })

  it('sets the response headers on every answer, also on a refusal', async () => {
    const { url } = await start(
      { auth: { authenticator: 'a' }, response_headers: { 'X-Own': 'yes' } },
      undefined,
      {
        a: refusing,
      },
    )

    expect(await post(url, 'x')).toMatchObject({ status: 401, headers: { 'x-own': 'yes' } })
  })

  it('asks the authenticator before the size, the size before the encoding, the encoding before the guards', async () => {
    let handled = 0
    const handle: HttpHandler = () => {
      handled++
      return { status: 200 }
    }
    const limits = { max_request_body_size: 10, middlewares: [{ id: 'm' }] }
    const { url: locked } = await start({ ...limits, auth: { authenticator: 'a' } }, handle, {
      a: refusing,
      m: full,
    })
    const { url: open } = await start(limits, handle, { m: full })

    const broken = { 'content-encoding': 'br' }
    expect(await post(locked, Buffer.alloc(11), broken)).toMatchObject({
      status: 401,
      text: 'wrong password',
    })
    expect((await post(open, Buffer.alloc(11), broken)).status).toBe(413)
    expect((await post(open, Buffer.alloc(1), broken)).status).toBe(400)
    expect((await post(open, Buffer.alloc(1))).status).toBe(503)
    expect(handled).toBe(0)
  })

  it('shows the authenticator the headers, and request_params as if they were headers', async () => {
    const seen: unknown[] = []
    const watching = extension({
      serverAuthenticator: {
        authenticate: (headers) => {
          seen.push(headers['authorization'], headers['x-token'])
          return Promise.resolve({ subject: 'me' })
        },
      },
    })
    const { url } = await start(
      { auth: { authenticator: 'a', request_params: ['X-Token'] } },
      (received) => ({ status: 200, body: received.auth?.subject ?? '' }),
      { a: watching },
    )

    expect(await post(`${url}?X-Token=t`, '', { authorization: 'Basic x' })).toMatchObject({ text: 'me' })
    expect(seen).toEqual(['Basic x', 't'])
  })

  it('keeps the message of an authenticator that breaks to itself', async () => {
    const broken = extension({
      serverAuthenticator: { authenticate: () => Promise.reject(new TypeError('secret detail')) },
    })
    const { url } = await start({ auth: { authenticator: 'a' } }, undefined, { a: broken })

    expect(await post(url, 'x')).toMatchObject({ status: 401, text: 'Authentication failed.' })
  })
})

describe('requests', () => {
  it('hands headers on with include_metadata only', async () => {
    const seen: unknown[] = []
    const handle: HttpHandler = (received) => {
      seen.push(received.metadata?.get('x-tenant'), received.clientAddress)
      return { status: 204 }
    }
    const { url } = await start({}, handle)
    const { url: curious } = await start({ include_metadata: true }, handle)

    await post(url, '', { 'X-Tenant': 'a' })
    await post(curious, '', { 'X-Tenant': 'a' })

    expect(seen).toEqual([undefined, '127.0.0.1', ['a'], '127.0.0.1'])
  })

  it('reads path, query and media type', async () => {
    const { url } = await start({}, (received) => ({
      status: 200,
      body: JSON.stringify([received.path, received.query.get('q'), received.mediaType]),
    }))

    const answer = await post(`${url}a/b?q=1`, '', { 'content-type': 'Application/JSON; charset=utf-8' })
    expect(answer.text).toBe('["/a/b","1","application/json"]')
  })

  it('aborts the signal of a request whose sender went away', async () => {
    const waiting = Promise.withResolvers<void>()
    const aborted = Promise.withResolvers<void>()
    const { server } = await start({}, async ({ signal }) => {
      waiting.resolve()
      signal.addEventListener('abort', () => aborted.resolve())
      await aborted.promise
      return { status: 200 }
    })
    const socket = connectTo(server)
    socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n')
    await waiting.promise
    socket.destroy()

    await expect(aborted.promise).resolves.toBeUndefined()
  })

  it('does not keep connections with keep_alives_enabled: false', async () => {
    const { url } = await start({ keep_alives_enabled: false })

    expect((await post(url, 'x')).headers).toMatchObject({ connection: 'close' })
  })
})

describe('time-outs (DIF-14)', () => {
  it('read_header_timeout drops a sender that is slow with its headers', async () => {
    const { server } = await start({ read_header_timeout: '60ms' })

    expect(await raw(server, 'POST / HTTP/1.1\r\nHost: a\r\nX-Slow: ')).toMatch(/^(HTTP\/1\.1 408 |$)/)
  })

  it('read_timeout drops a sender that is slow with its body', async () => {
    const { server } = await start({ read_timeout: '60ms' })

    expect(await raw(server, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nx')).toMatch(
      /^(HTTP\/1\.1 408 |$)/,
    )
  })

  it('write_timeout drops a request that takes too long to answer', async () => {
    const { server } = await start({ write_timeout: '50ms' }, () => new Promise(() => undefined))

    expect(await raw(server, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n')).toBe('')
  })
})

describe('shutdown', () => {
  it('OTR-19: finishes the request in flight, accepts no other, drops idle and half-open connections', async () => {
    const gate = Promise.withResolvers<void>()
    const entered = Promise.withResolvers<void>()
    const { server, url } = await start({}, async () => {
      entered.resolve()
      await gate.promise
      return { status: 200, body: 'done' }
    })
    const idle = connectTo(server)
    const half = connectTo(server)
    half.write('POST / HTTP/1.1\r\nHo')
    await Promise.all([once(idle, 'connect'), once(half, 'connect')])
    const inFlight = post(url, 'x')
    await entered.promise

    const stopped = server.shutdown(AbortSignal.timeout(5000))
    await Promise.all([once(idle.resume(), 'close'), once(half.resume(), 'close')])
    await expect(post(url, 'x')).rejects.toThrow(/ECONNREFUSED/)
    gate.resolve()

    expect(await inFlight).toMatchObject({ status: 200, text: 'done', headers: { connection: 'close' } })
    await stopped
  })

  it('gives up on requests in flight when its signal aborts', async () => {
    const entered = Promise.withResolvers<AbortSignal>()
    const { server, url } = await start({}, (received) => {
      entered.resolve(received.signal)
      return new Promise(() => undefined)
    })
    const failure = post(url, 'x').catch((error: unknown) => error)
    const signal = await entered.promise

    await server.shutdown(AbortSignal.timeout(50))

    expect(signal.aborted).toBe(true)
    expect(await failure).toBeInstanceOf(Error)
  })

  it('SIG-04: is safe twice and without a start', async () => {
    const { server } = await start()
    await server.shutdown(AbortSignal.timeout(1000))
    await server.shutdown(AbortSignal.timeout(1000))

    const idle = createHttpServer({
      id: 'idle',
      config: parseConfig(schema, { endpoint: '127.0.0.1:0' }),
      telemetry: testTelemetry(),
      clock: systemClock,
      handle: () => ({ status: 200 }),
      fault: () => ({ status: 500 }),
    })
    await expect(idle.shutdown(AbortSignal.timeout(1000))).resolves.toBeUndefined()
  })
})

async function* chunks(size: number): AsyncGenerator<Buffer> {
  for (let left = size; left > 0; left -= 100) yield Buffer.alloc(Math.min(100, left))
}
