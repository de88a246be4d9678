import { once } from 'node:events'
import { createServer as createNetServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { request } from 'undici'
import { afterEach, describe, expect, it } from 'vitest'

import { systemClock } from '../../src/clock/clock.ts'
import { PermanentError, RetryableError, StartError } from '../../src/errors/errors.ts'
import { createHttpServer, type HttpHandler } from '../../src/net/http-server.ts'
import { parseConfig } from '../../src/schema/parse-config.ts'
import { testTelemetry } from '../../src/testing/index.ts'
import { agent, connectTo, extension, post, raw, schema, start, stopAll } from './serving.ts'

afterEach(stopAll)

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

    const answer = await request('http://localhost/', { method: 'POST', body: 'x', dispatcher: agent(path) })

    expect(server.address).toBe(path)
    expect(await answer.body.text()).toBe('x')
  })

  it('refuses a response header that would break the answer apart, without telling its value', async () => {
    await expect(start({ response_headers: { 'X-Key': 'a\r\nSet-Cookie: b' } })).rejects.toThrow(
      expect.objectContaining({ message: 'invalid value of header "X-Key"' }),
    )
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

  it('asks for a resend when the authenticator cannot tell at the moment', async () => {
    const busy = extension({
      serverAuthenticator: {
        authenticate: () => Promise.reject(new RetryableError('BUSY', 'Too many checks.')),
      },
    })
    const { url } = await start({ auth: { authenticator: 'a' } }, undefined, { a: busy })

    expect(await post(url, 'x')).toMatchObject({ status: 503, text: 'Too many checks.' })
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
