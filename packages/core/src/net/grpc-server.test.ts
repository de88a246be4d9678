import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect as connectHttp2 } from 'node:http2'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { Client, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js'
import { afterEach, describe, expect, it } from 'vitest'

import { systemClock } from '../clock/clock.ts'
import type { Extension } from '../component/extension.ts'
import { PermanentError, RetryableError } from '../errors/errors.ts'
import { parseConfig } from '../schema/parse-config.ts'
import { testAuthority, testHost, testTelemetry } from '../testing/index.ts'
import { grpcServerSettings } from './grpc-server-settings.ts'
import { createGrpcServer, type GrpcServer, type UnaryHandler } from './grpc-server.ts'

const schema = { type: 'object', properties: grpcServerSettings, additionalProperties: false } as const
const path = '/test.Service/Echo'
const closers: (() => unknown)[] = []
const authority = testAuthority()
const own = authority.issue()

afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close()
})

async function start(
  settings: Readonly<Record<string, unknown>> = {},
  handle: UnaryHandler = ({ message }) => Promise.resolve(message),
  extensions: Readonly<Record<string, Extension>> = {},
): Promise<GrpcServer> {
  const server = createGrpcServer({
    id: 'test',
    config: parseConfig(schema, { endpoint: '127.0.0.1:0', ...settings }),
    telemetry: testTelemetry(),
    clock: systemClock,
    methods: { [path]: handle },
  })
  closers.push(() => server.shutdown(AbortSignal.abort()))
  await server.start(testHost(extensions))
  return server
}

function clientOf(server: GrpcServer, secure = credentials.createInsecure(), options = {}): Client {
  const client = new Client(server.address ?? '', secure, {
    'grpc.default_authority': 'localhost',
    'grpc.ssl_target_name_override': 'localhost',
    ...options,
  })
  closers.push(() => client.close())
  return client
}

interface Answer {
  readonly message?: Buffer
  readonly error?: ServiceError
}

function call(
  client: Client,
  message: Buffer,
  { method = path, metadata = new Metadata(), deadline = Date.now() + 10_000 } = {},
): Promise<Answer> {
  return new Promise((resolve) => {
    client.makeUnaryRequest(
      method,
      (bytes: Buffer) => bytes,
      (bytes: Buffer) => bytes,
      message,
      metadata,
      { deadline },
      (error, answer) => resolve(error === null ? { message: answer ?? Buffer.alloc(0) } : { error }),
    )
  })
}

const extension = (parts: Partial<Extension>): Extension => ({
  start: () => Promise.resolve(),
  shutdown: () => Promise.resolve(),
  ...parts,
})

describe('calls', () => {
  it('carry bytes both ways, compressed or not', async () => {
    const server = await start()
    const message = randomBytes(100_000)

    expect(await call(clientOf(server), message)).toEqual({ message })
    for (const algorithm of [1, 2]) {
      const client = clientOf(server, undefined, { 'grpc.default_compression_algorithm': algorithm })
      expect(await call(client, message)).toEqual({ message })
    }
  })

  it('tell who sends, and metadata only with include_metadata', async () => {
    const seen: unknown[] = []
    const handle: UnaryHandler = ({ message, metadata, clientAddress, deadline }) => {
      seen.push(metadata?.get('x-tenant'), clientAddress, deadline !== undefined)
      return Promise.resolve(message)
    }
    const metadata = new Metadata()
    metadata.set('X-Tenant', 'a')

    await call(clientOf(await start({}, handle)), Buffer.of(1), { metadata })
    await call(clientOf(await start({ include_metadata: true }, handle)), Buffer.of(1), { metadata })

    expect(seen).toEqual([undefined, '127.0.0.1', true, ['a'], '127.0.0.1', true])
  })

  it('OTR-16: to another path are UNIMPLEMENTED', async () => {
    const { error } = await call(clientOf(await start()), Buffer.of(1), { method: '/test.Service/Other' })

    expect(error?.code).toBe(status.UNIMPLEMENTED)
  })

  it('abort their signal when the sender gives up, and not when they are answered', async () => {
    const aborted = Promise.withResolvers<void>()
    const signals: AbortSignal[] = []
    const server = await start({}, async ({ message, signal }) => {
      signals.push(signal)
      if (message[0] === 1) return message
      signal.addEventListener('abort', () => aborted.resolve())
      await aborted.promise
      return message
    })
    const client = clientOf(server)

    await call(client, Buffer.of(1))
    const { error } = await call(client, Buffer.of(2), { deadline: Date.now() + 100 })
    await aborted.promise

    expect(error?.code).toBe(status.DEADLINE_EXCEEDED)
    expect(signals.map((signal) => signal.aborted)).toEqual([false, true])
  })
})

describe('errors', () => {
  const failing = async (thrown: unknown): Promise<ServiceError | undefined> =>
    (await call(clientOf(await start({}, () => Promise.reject(thrown))), Buffer.of(1))).error

  it('OTR-11: keep their status; a permanent one is INTERNAL', async () => {
    expect(await failing(new PermanentError('BAD', 'Bad.', { grpcStatus: 3 }))).toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: 'Bad.',
    })
    expect((await failing(new PermanentError('NO', 'No.')))?.code).toBe(status.INTERNAL)
  })

  it('OTR-12: a retryable one is UNAVAILABLE with RetryInfo', async () => {
    const error = await failing(new RetryableError('FULL', 'Full.', { retryAfterMs: 1500 }))

    expect(error?.code).toBe(status.UNAVAILABLE)
    const [details] = error?.metadata.get('grpc-status-details-bin') ?? []
    expect(String(details)).toContain('type.googleapis.com/google.rpc.RetryInfo')
  })

  it('of the program keep their message to themselves', async () => {
    expect(await failing(new TypeError('secret'))).toMatchObject({
      code: status.UNAVAILABLE,
      details: expect.not.stringContaining('secret'),
    })
  })

  it('with an odd message still get through', async () => {
    expect(await failing(new PermanentError('ODD', 'lone \ud800, 100 %, é'))).toMatchObject({
      code: status.INTERNAL,
      details: 'lone \ufffd, 100 %, é',
    })
  })
})

describe('limits', () => {
  it('OTR-06: too large is RESOURCE_EXHAUSTED without RetryInfo, also after decompression', async () => {
    const server = await start({ max_recv_msg_size_mib: 1 })
    const plain = await call(clientOf(server), Buffer.alloc(1024 * 1024 + 1))
    const bomb = await call(
      clientOf(server, undefined, { 'grpc.default_compression_algorithm': 2 }),
      Buffer.alloc(50_000_000),
    )

    for (const { error } of [plain, bomb]) {
      expect(error?.code).toBe(status.RESOURCE_EXHAUSTED)
      expect(error?.metadata.get('grpc-status-details-bin')).toEqual([])
    }
    expect((await call(clientOf(server), Buffer.alloc(1024 * 1024))).message).toHaveLength(1024 * 1024)
  })

  it('survives broken gzip and connections that speak no HTTP/2', async () => {
    const server = await start()
    const session = connectHttp2(`http://${server.address}`)
    closers.push(() => session.destroy())
    const stream = session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      'grpc-encoding': 'gzip',
      te: 'trailers',
    })
    stream.end(Buffer.concat([Buffer.of(1, 0, 0, 0, 4), Buffer.from('junk')]))
    const [headers] = await once(stream, 'response')
    const port = Number(server.address?.split(':')[1])
    const junk = connect(port, '127.0.0.1')
    junk.on('error', () => undefined)
    junk.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    await new Promise((resolve) => junk.resume().once('close', resolve))

    expect(headers['grpc-status']).toBe('13')
    expect((await call(clientOf(server), Buffer.of(1))).message).toEqual(Buffer.of(1))
  })
})

describe('guards', () => {
  it('OTR-17: failed authentication is UNAUTHENTICATED; the handler is not called', async () => {
    let handled = 0
    const auth = extension({
      serverAuthenticator: {
        authenticate: (headers) =>
          String(headers['authorization']) === 'good'
            ? Promise.resolve({})
            : Promise.reject(new PermanentError('UNAUTHENTICATED', 'wrong token')),
      },
    })
    const server = await start(
      { auth: { authenticator: 'a' } },
      ({ message }) => {
        handled++
        return Promise.resolve(message)
      },
      { a: auth },
    )
    const metadata = new Metadata()
    metadata.set('authorization', 'good')

    expect((await call(clientOf(server), Buffer.of(1))).error).toMatchObject({
      code: status.UNAUTHENTICATED,
      details: 'wrong token',
    })
    expect(handled).toBe(0)
    expect((await call(clientOf(server), Buffer.of(1), { metadata })).message).toEqual(Buffer.of(1))
  })

  it('11.3, DIF-22: a guard over its limit answers UNAVAILABLE with RetryInfo and reads no message', async () => {
    let full = true
    let handled = 0
    const guard = extension({
      requestGuard: {
        admit: () => {
          if (full) throw new RetryableError('MEMORY', 'data refused due to high memory usage')
        },
      },
    })
    const server = await start(
      { middlewares: [{ id: 'm' }] },
      ({ message }) => {
        handled++
        return Promise.resolve(message)
      },
      { m: guard },
    )

    const { error } = await call(clientOf(server), Buffer.alloc(3_000_000))
    expect(error?.code).toBe(status.UNAVAILABLE)
    expect(String(error?.metadata.get('grpc-status-details-bin'))).toContain('RetryInfo')
    expect(handled).toBe(0)
    full = false
    expect((await call(clientOf(server), Buffer.of(1))).message).toEqual(Buffer.of(1))
  })
})

describe('TLS', () => {
  const secure = (cert?: { cert: string; key: string }): ReturnType<typeof credentials.createSsl> =>
    credentials.createSsl(
      Buffer.from(authority.cert),
      cert ? Buffer.from(cert.key) : null,
      cert ? Buffer.from(cert.cert) : null,
    )

  it('serves with a certificate', async () => {
    const server = await start({ tls: { cert_pem: own.cert, key_pem: own.key } })

    expect((await call(clientOf(server, secure()), Buffer.of(1))).message).toEqual(Buffer.of(1))
    expect((await call(clientOf(server), Buffer.of(1), { deadline: Date.now() + 500 })).error).toBeDefined()
  })

  it('mTLS: requires a client certificate of client_ca_file', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'spanloom-grpc-'))
    closers.push(() => rm(dir, { recursive: true }))
    const clients = testAuthority('Clients')
    await writeFile(join(dir, 'clients.pem'), clients.cert)
    const server = await start({
      tls: { cert_pem: own.cert, key_pem: own.key, client_ca_file: join(dir, 'clients.pem') },
    })

    expect((await call(clientOf(server, secure(clients.issue('client'))), Buffer.of(1))).message).toEqual(
      Buffer.of(1),
    )
    const stranger = await call(clientOf(server, secure()), Buffer.of(1), { deadline: Date.now() + 500 })
    expect(stranger.error).toBeDefined()
  })
})

describe('life', () => {
  it('OTR-18: says that a port is in use', async () => {
    const blocker = createServer().listen(0, '127.0.0.1')
    await once(blocker, 'listening')
    closers.push(() => blocker.close())
    const { port } = blocker.address() as { port: number }

    await expect(start({ endpoint: `127.0.0.1:${port}` })).rejects.toThrow(
      `listen tcp 127.0.0.1:${port}: address already in use`,
    )
  })

  it('OTR-19: shutdown finishes the call in flight', async () => {
    const entered = Promise.withResolvers<void>()
    const gate = Promise.withResolvers<void>()
    const server = await start({}, async ({ message }) => {
      entered.resolve()
      await gate.promise
      return message
    })
    const answer = call(clientOf(server), Buffer.of(1))
    await entered.promise

    const stopped = server.shutdown(AbortSignal.timeout(5000))
    gate.resolve()

    expect(await answer).toEqual({ message: Buffer.of(1) })
    await stopped
    await server.shutdown(AbortSignal.timeout(1000))
  })

  it('shutdown gives up when its signal aborts', async () => {
    const entered = Promise.withResolvers<AbortSignal>()
    const server = await start({}, ({ signal }) => {
      entered.resolve(signal)
      return new Promise(() => undefined)
    })
    const answer = call(clientOf(server), Buffer.of(1))
    const signal = await entered.promise

    await server.shutdown(AbortSignal.timeout(50))

    expect(signal.aborted).toBe(true)
    expect((await answer).error).toBeDefined()
  })

  it('shutdown closes idle connections, with and without TLS, at once', async () => {
    for (const tls of [undefined, { cert_pem: own.cert, key_pem: own.key }]) {
      const server = await start(tls === undefined ? {} : { tls })
      const silent = connect(Number(server.address?.split(':')[1]), '127.0.0.1')
      const closed = new Promise((resolve) => silent.resume().once('close', resolve))
      await once(silent, 'connect')

      await server.shutdown(AbortSignal.timeout(30_000))
      await expect(closed).resolves.toBeDefined()
    }
  })
})
