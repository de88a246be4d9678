import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'

import { type Extension, PermanentError, RetryableError, ShutdownError, Traces } from '@spanloom/core'
import {
  createComponent,
  fakeClock,
  sampleTraces,
  testHost,
  testTelemetry,
  TracesSink,
} from '@spanloom/core/testing'
import { afterEach, describe, expect, it } from 'vitest'

import { otlpReceiver } from '../src/index.ts'
import { createIntake } from '../src/intake.ts'
import { decodeStatus } from './rpc-status.ts'
import { type Running, start } from './running.ts'

const json = 'application/json'
const protobuf = 'application/x-protobuf'
const traces = Traces.concat(sampleTraces(3))
const bytes = traces.toProtobuf()
const running: Running[] = []

async function startHttp(
  settings: Readonly<Record<string, unknown>> = {},
  extensions: Readonly<Record<string, Extension>> = {},
): Promise<Running> {
  const started = await start({ http: settings }, extensions)
  running.push(started)
  return started
}

afterEach(async () => {
  await Promise.all(running.splice(0).map(({ stop }) => stop()))
})

const extension = (parts: Partial<Extension>): Extension => ({
  start: () => Promise.resolve(),
  shutdown: () => Promise.resolve(),
  ...parts,
})

describe('success', () => {
  it('OTR-09, DIF-19: protobuf is answered with an empty protobuf body, JSON with {}', async () => {
    const { post, sink } = await startHttp()

    const first = await post({ body: bytes })
    const second = await post({ type: `${json}; charset=utf-8`, body: JSON.stringify(oneSpan({})) })

    expect(first).toMatchObject({ status: 200, headers: { 'content-type': protobuf }, body: Buffer.alloc(0) })
    expect(second).toMatchObject({ status: 200, headers: { 'content-type': json }, body: Buffer.from('{}') })
    expect(sink.batches[0]?.toProtobuf()).toEqual(Buffer.from(bytes))
    expect(sink.batches[1]?.spanCount).toBe(1)
  })

  it('design 4: answers only after the pipeline took the data', async () => {
    const { post, sink } = await startHttp()
    sink.block()
    let answered = false

    const answer = post({ body: bytes }).finally(() => {
      answered = true
    })
    await expect.poll(() => sink.calls).toBe(1)
    expect(answered).toBe(false)
    sink.release()

    expect((await answer).status).toBe(200)
  })

  it('OTR-08: an empty request is a success that the pipeline does not see', async () => {
    const { post, sink } = await startHttp()

    expect((await post({ body: '' })).status).toBe(200)
    expect((await post({ type: json, body: '{}' })).status).toBe(200)
    expect((await post({ type: json, body: '{"resourceSpans":[]}' })).status).toBe(200)
    expect(sink.calls).toBe(0)
  })

  it('tells the pipeline the transport, the client and, with include_metadata, the headers', async () => {
    const { post, sink } = await startHttp({ include_metadata: true })

    await post({ body: bytes, headers: { 'X-Tenant': 'a' } })

    expect(sink.contexts[0]).toMatchObject({ transport: 'http', clientAddress: '127.0.0.1' })
    expect(sink.contexts[0]?.metadata?.get('x-tenant')).toEqual(['a'])
  })

  it('takes another path, whose missing slash is added', async () => {
    const { post } = await startHttp({ traces_url_path: 'otlp' })

    expect((await post({ path: '/otlp', body: bytes })).status).toBe(200)
    expect((await post({ body: bytes })).status).toBe(404)
  })
})

describe('request faults', () => {
  it('OTR-02: other methods are 405 in plain text', async () => {
    const { post } = await startHttp()

    for (const method of ['GET', 'PUT', 'OPTIONS'] as const) {
      const answer = await post({ method })
      expect(answer).toMatchObject({ status: 405, headers: { 'content-type': 'text/plain', allow: 'POST' } })
      expect(String(answer.body)).toBe('405 method not allowed, supported: [POST]')
    }
  })

  it('OTR-03: another or no media type is 415 in plain text', async () => {
    const { post } = await startHttp()

    for (const type of ['text/xml', '', 'application/x-protobufs']) {
      const answer = await post({ type, body: 'x' })
      expect(answer).toMatchObject({ status: 415, headers: { 'content-type': 'text/plain' } })
      expect(String(answer.body)).toBe(
        '415 unsupported media type, supported: [application/json, application/x-protobuf]',
      )
    }
    expect((await post({ type: 'Application/X-PROTOBUF; v=1', body: bytes })).status).toBe(200)
  })

  it('OTR-16: metrics and logs are 404', async () => {
    const { post } = await startHttp()

    expect((await post({ path: '/v1/metrics', body: bytes })).status).toBe(404)
    expect((await post({ path: '/v1/logs', body: bytes })).status).toBe(404)
    expect((await post({ path: '/v1/traces/', body: bytes })).status).toBe(404)
  })

  it('OTR-05: gzip, zstd, deflate and zlib are taken, an unknown encoding is 400 with a Status', async () => {
    const { post, sink } = await startHttp()
    const encoded = {
      gzip: gzipSync(bytes),
      zstd: zstdCompressSync(bytes),
      deflate: deflateSync(bytes),
      zlib: deflateSync(bytes),
    }

    for (const [encoding, body] of Object.entries(encoded)) {
      expect((await post({ body, headers: { 'content-encoding': encoding } })).status).toBe(200)
    }
    const unknown = await post({ type: json, body: 'x', headers: { 'content-encoding': 'br' } })
    expect(unknown.status).toBe(400)
    expect(JSON.parse(String(unknown.body))).toEqual({ code: 3, message: 'unsupported Content-Encoding: br' })
    expect(sink.batches.map((batch) => batch.spanCount)).toEqual([6, 6, 6, 6])
  })

  it('OTR-06, DIF-08: 20 MiB and one byte are 413 with a Status, also after decompression', async () => {
    const { post } = await startHttp()
    const limit = 20 * 1024 * 1024
    const gzip = { 'content-encoding': 'gzip' }

    const exact = await post({ body: Buffer.alloc(limit) })
    const more = await post({ body: Buffer.alloc(limit + 1) })
    const chunked = await post({ body: inChunks(Buffer.alloc(limit + 1)) })
    const inflated = await post({ body: gzipSync(Buffer.alloc(limit + 1)), headers: gzip })

    expect(exact.status).toBe(400)
    for (const answer of [more, chunked, inflated]) {
      expect(answer).toMatchObject({ status: 413, headers: { 'content-type': protobuf } })
      expect(decodeStatus(answer.body)).toMatchObject({ code: 8 })
    }
  })

  it('OTR-04: the size comes before the encoding, the encoding before the path, the path before the method', async () => {
    const { post } = await startHttp({ max_request_body_size: 10 })
    const headers = { 'content-encoding': 'br' }

    expect(
      (await post({ path: '/no', method: 'PUT', type: 'x', headers, body: 'x'.repeat(11) })).status,
    ).toBe(413)
    expect((await post({ path: '/no', method: 'PUT', type: 'x', headers, body: 'x' })).status).toBe(400)
    expect((await post({ path: '/no', method: 'PUT', type: 'x', body: 'x' })).status).toBe(404)
    expect((await post({ method: 'PUT', type: 'x', body: 'x' })).status).toBe(405)
    expect((await post({ type: 'x', body: 'x' })).status).toBe(415)
  })

  it('CORS preflight is answered before the method is looked at', async () => {
    const { post } = await startHttp({ cors: { allowed_origins: ['https://*.example.com'] } })

    const answer = await post({
      method: 'OPTIONS',
      headers: { origin: 'https://a.example.com', 'access-control-request-method': 'POST' },
    })

    expect(answer).toMatchObject({
      status: 204,
      headers: { 'access-control-allow-origin': 'https://a.example.com' },
    })
  })
})

describe('hostile bodies are 400 with status 3, and the receiver lives on (OTR-07)', () => {
  const cases: readonly [string, string, string | Uint8Array, Readonly<Record<string, string>>?][] = [
    ['broken protobuf', protobuf, Buffer.from('ff'.repeat(50), 'hex')],
    ['cut protobuf', protobuf, bytes.subarray(0, -3)],
    ['a length beyond the end', protobuf, Buffer.from('0affffffff0f', 'hex')],
    ['truncated gzip', protobuf, gzipSync(bytes).subarray(0, -10), { 'content-encoding': 'gzip' }],
    ['no gzip at all', protobuf, bytes, { 'content-encoding': 'gzip' }],
    ['no zstd at all', protobuf, bytes, { 'content-encoding': 'zstd' }],
    ['JSON syntax', json, '{"resourceSpans": ['],
    ['100,000 levels of JSON', json, '['.repeat(100_000)],
    [
      '100,000 levels in an attribute',
      json,
      JSON.stringify(oneSpan({ attributes: [{ key: 'a', value: 7 }] })).replace(
        '7',
        '{"arrayValue":{"values":['.repeat(100_000),
      ),
    ],
    ['wrong type at the top', json, '[]'],
    ['wrong type inside', json, '{"resourceSpans": {"a": 1}}'],
    ['a span that is text', json, JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: ['x'] }] }] })],
    ['OTR-14: a trace id of 31 digits', json, JSON.stringify(oneSpan({ traceId: '5'.repeat(31) }))],
    ['a trace id that is no hex', json, JSON.stringify(oneSpan({ traceId: 'z'.repeat(32) }))],
    ['an enum by name', json, JSON.stringify(oneSpan({ kind: 'SPAN_KIND_SERVER' }))],
    ['OTR-15: a trace id of 15 bytes', protobuf, withTraceId(15)],
    ['OTR-15: a trace id of 17 bytes', protobuf, withTraceId(17)],
  ]

  it.each(cases)('%s', async (_case, type, body, headers = {}) => {
    const { post, sink, telemetry } = await startHttp()

    const answer = await post({ type, body, headers })

    expect(answer).toMatchObject({ status: 400, headers: { 'content-type': type } })
    const status = type === json ? JSON.parse(String(answer.body)) : decodeStatus(answer.body)
    expect(status).toMatchObject({ code: 3, message: expect.any(String) })
    expect(sink.calls).toBe(0)
    expect(telemetry.logger.lines.filter(({ level }) => level === 'error')).toEqual([])
    expect((await post({ body: bytes })).status).toBe(200)
  })

  it('count as failed, refusals of the pipeline do not', async () => {
    const failed: unknown[] = []
    const telemetry = testTelemetry()
    const accounting = { ...telemetry.accounting, failed: (...what: unknown[]) => void failed.push(what) }
    const next = new TracesSink()
    const intake = createIntake(next, { ...telemetry, accounting }, fakeClock())
    const context = { signal: AbortSignal.timeout(1000), transport: 'http' }

    await expect(intake.take(() => Traces.fromProtobuf(Buffer.of(0xff)), context)).rejects.toThrow(
      PermanentError,
    )
    next.refuseWith(new RetryableError('FULL', 'Full.'))
    await expect(intake.take(() => traces, context)).rejects.toThrow(RetryableError)

    expect(failed).toEqual([[0, 'http']])
  })

  it('a key __proto__ is unknown like any other and pollutes nothing', async () => {
    const { post, sink } = await startHttp()
    const hostile = JSON.stringify(
      oneSpan({ attributes: [{ key: '__proto__', value: { stringValue: 'x' } }] }),
    ).replace('"name"', '"__proto__":{"polluted":true},"name"')

    expect((await post({ type: json, body: hostile })).status).toBe(200)
    expect(Reflect.get({}, 'polluted')).toBeUndefined()
    expect(sink.spans[0]?.attribute('__proto__')).toBe('x')
  })

  it('compression bombs are 413', async () => {
    const { post } = await startHttp({ max_request_body_size: 1_000_000 })
    const zeros = Buffer.alloc(200_000_000)

    expect((await post({ body: gzipSync(zeros), headers: { 'content-encoding': 'gzip' } })).status).toBe(413)
    expect(
      (await post({ body: zstdCompressSync(zeros), headers: { 'content-encoding': 'zstd' } })).status,
    ).toBe(413)
  })
})

it('OTR-14: unknown fields, upper-case hex, text for 64 bits and snake_case keys are taken', async () => {
  const { post, sink } = await startHttp()
  const span = {
    trace_id: 'ABCDEF'.padEnd(32, '0'),
    span_id: 'ABCDEF'.padEnd(16, '1'),
    name: 'n',
    kind: 2,
    start_time_unix_nano: '1700000000000000001',
    endTimeUnixNano: 1700000000000000512,
    surprise: { nested: [1] },
  }
  const body = JSON.stringify({ resource_spans: [{ scope_spans: [{ spans: [span] }], extra: 1 }] })

  expect((await post({ type: json, body })).status).toBe(200)
  expect(sink.spans[0]).toMatchObject({
    traceId: 'abcdef'.padEnd(32, '0'),
    kind: 'SERVER',
    startTimeUnixNano: 1_700_000_000_000_000_001n,
  })
})

describe('pipeline errors', () => {
  it.each([
    ['OTR-11: queue full', new RetryableError('QUEUE_FULL', 'sending queue is full'), 503, 14],
    ['shutting down', new ShutdownError(), 503, 14],
    ['permanent', new PermanentError('REFUSED', 'No.'), 500, 13],
    ['permanent with status 3', new PermanentError('BAD', 'Bad.', { grpcStatus: 3 }), 400, 3],
    ['permanent with status 7', new PermanentError('DENIED', 'Denied.', { grpcStatus: 7 }), 403, 7],
    ['throttled', new RetryableError('SLOW', 'Slow.', { grpcStatus: 8, retryAfterMs: 6200 }), 429, 8],
    ['a fault of the program', new Error('secret detail'), 503, 14],
  ])('%s, as a Status in the encoding of the request (OTR-10)', async (_case, error, http, code) => {
    const { post, sink } = await startHttp()
    sink.refuseWith(error)

    const inProtobuf = await post({ body: bytes })
    const inJson = await post({ type: json, body: JSON.stringify(oneSpan({})) })

    expect(inProtobuf).toMatchObject({ status: http, headers: { 'content-type': protobuf } })
    expect(inJson).toMatchObject({ status: http, headers: { 'content-type': json } })
    expect(decodeStatus(inProtobuf.body)).toMatchObject({ code })
    expect(JSON.parse(String(inJson.body))).toMatchObject({ code })
    expect(String(inJson.body)).not.toContain('secret detail')
    expect(inProtobuf.headers['retry-after'] !== undefined).toBe([503, 429].includes(http))
  })

  it('OTR-12: passes the delay on in whole seconds', async () => {
    const { post, sink } = await startHttp()
    sink.refuseWith(new RetryableError('SLOW', 'Slow.', { retryAfterMs: 6200 }))

    const answer = await post({ body: bytes })

    expect(answer.headers['retry-after']).toBe('7')
    expect(decodeStatus(answer.body).retryAfterMs).toBe(6200)
  })

  it('logs a fault of the program as an error', async () => {
    const { post, sink, telemetry } = await startHttp()
    sink.refuseWith(new TypeError('bug'))
    await post({ body: bytes })

    expect(telemetry.logger.lines).toContainEqual(
      expect.objectContaining({ level: 'error', message: 'A request could not be handled.' }),
    )
  })
})

describe('extensions', () => {
  it('OTR-17: failed authentication is 401 with a Status, in JSON where the type is unknown', async () => {
    const authenticator = extension({
      serverAuthenticator: { authenticate: () => Promise.reject(new PermanentError('NO', 'wrong password')) },
    })
    const { post, sink } = await startHttp(
      { auth: { authenticator: 'basicauth' } },
      { basicauth: authenticator },
    )

    const answer = await post({ body: bytes })
    const odd = await post({ type: 'text/xml', path: '/no', body: 'x' })

    expect(answer).toMatchObject({ status: 401, headers: { 'content-type': protobuf } })
    expect(decodeStatus(answer.body)).toMatchObject({ code: 16, message: 'wrong password' })
    expect(odd.status).toBe(401)
    expect(JSON.parse(String(odd.body))).toMatchObject({ code: 16 })
    expect(sink.calls).toBe(0)
  })

  it('11.3, DIF-22: a limiter over its limit is 503 with Retry-After; the body is not decoded', async () => {
    const limiter = extension({
      requestGuard: {
        admit: () => {
          throw new RetryableError('MEMORY_LIMIT', 'data refused due to high memory usage')
        },
      },
    })
    const { post } = await startHttp({ middlewares: [{ id: 'memory_limiter' }] }, { memory_limiter: limiter })

    const answer = await post({ body: Buffer.from('not protobuf at all') })

    expect(answer.status).toBe(503)
    expect(answer.headers['retry-after']).toMatch(/^[12]$/)
    expect(decodeStatus(answer.body)).toMatchObject({
      code: 14,
      message: 'data refused due to high memory usage',
    })
  })
})

describe('config', () => {
  it('wants at least one protocol', () => {
    expect(() => createComponent(otlpReceiver, {})).toThrow(
      'must specify at least one protocol when using the OTLP receiver',
    )
    expect(() => createComponent(otlpReceiver, { protocols: { http: { enabled: false } } })).toThrow(
      /one protocol/,
    )
  })

  it('CFG-32: a null section switches a protocol on, and has the defaults of the reference', () => {
    expect(() => createComponent(otlpReceiver, { protocols: { http: null } })).not.toThrow()
    expect(() => createComponent(otlpReceiver, { protocols: { grpc: null, http: {} } })).not.toThrow()
  })

  it('OTR-18: a port in use is a start error; nothing stays open', async () => {
    const blocker = createServer().listen(0, '127.0.0.1')
    await once(blocker, 'listening')
    const { port } = blocker.address() as { port: number }

    const protocols = { grpc: { endpoint: '127.0.0.1:0' }, http: { endpoint: `127.0.0.1:${port}` } }
    const receiver = createComponent(otlpReceiver, { protocols })
    await expect(receiver.start(testHost())).rejects.toThrow(
      `listen tcp 127.0.0.1:${port}: address already in use`,
    )

    const grpc = connect(Number(receiver.grpcAddress?.split(':')[1]), '127.0.0.1')
    const [refusal] = await once(grpc, 'error')
    expect(refusal).toMatchObject({ code: 'ECONNREFUSED' })
    blocker.close()
  })
})

function oneSpan(change: Readonly<Record<string, unknown>>): unknown {
  const span = { traceId: '5'.repeat(32), spanId: '6'.repeat(16), name: 'n', ...change }
  return { resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] }
}

/** One span whose trace id has `length` bytes. */
function withTraceId(length: number): Buffer {
  const message = (tag: number, body: Buffer): Buffer => Buffer.concat([Buffer.of(tag, body.length), body])
  return message(0x0a, message(0x12, message(0x12, message(0x0a, Buffer.alloc(length, 1)))))
}

async function* inChunks(body: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < body.length; at += 65_536) yield body.subarray(at, at + 65_536)
}
