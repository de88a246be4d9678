import { isPermanent, retryAfterMs } from '@spanloom/core'
import { testExporterContract, testHost } from '@spanloom/core/testing'
import { describe, expect, it, onTestFinished } from 'vitest'

import { otlpHttpExporter } from '../src/index.ts'
import { HttpBackend, respond } from './http-backend.ts'
import { bytesField, partialSuccess, rpcStatus } from './protobuf-bytes.ts'
import { direct, failureOf, letRun, once, run, type Running, someTraces } from './running.ts'

const { signal } = new AbortController()

async function backendAndExporter(
  config: Readonly<Record<string, unknown>> = once,
  options: Parameters<typeof run>[2] = {},
): Promise<Running & { readonly backend: HttpBackend }> {
  let now = (): number => 0
  const backend = await HttpBackend.open(() => now())
  const running = await run(otlpHttpExporter, { endpoint: backend.url, ...config }, options)
  now = () => running.clock.monotonic()
  onTestFinished(async () => {
    await running[Symbol.asyncDispose]()
    await backend[Symbol.asyncDispose]()
  })
  return { ...running, backend }
}

describe('request', () => {
  it('OTE-01: posts protobuf with gzip and names itself', async () => {
    const { exporter, backend } = await backendAndExporter()
    const traces = someTraces(3)
    await exporter.consumeTraces(traces, { signal })

    const [request] = backend.requests
    expect(request?.path).toBe('/v1/traces')
    expect(request?.headers).toMatchObject({
      'content-type': 'application/x-protobuf',
      'content-encoding': 'gzip',
      'user-agent': `spanloom-test/0.0.0 (${process.platform}/${process.arch})`,
    })
    expect(request?.traces.toProtobuf()).toEqual(traces.toProtobuf())
  })

  it.each(['none', '', 'gzip', 'zlib', 'deflate', 'zstd'])('compresses with "%s"', async (compression) => {
    const { exporter, backend } = await backendAndExporter({ ...once, compression })
    await exporter.consumeTraces(someTraces(2), { signal })

    expect(backend.requests[0]?.headers['content-encoding']).toBe(
      compression === 'none' || compression === '' ? undefined : compression,
    )
    expect(backend.requests[0]?.traces.spanCount).toBe(2)
  })

  it('OTE-01: writes JSON', async () => {
    const { exporter, backend } = await backendAndExporter({ ...once, encoding: 'json' })
    await exporter.consumeTraces(someTraces(2), { signal })

    expect(backend.requests[0]?.headers['content-type']).toBe('application/json')
    expect(backend.requests[0]?.traces.spanCount).toBe(2)
  })

  it('sends the configured headers, which win over its own', async () => {
    const { exporter, backend } = await backendAndExporter({
      ...once,
      headers: [
        { name: 'User-Agent', value: 'mine/1' },
        { name: 'X-Tenant', value: 'blue' },
      ],
    })
    await exporter.consumeTraces(someTraces(), { signal })

    expect(backend.requests[0]?.headers).toMatchObject({ 'user-agent': 'mine/1', 'x-tenant': 'blue' })
  })

  it('asks an authenticator for every request', async () => {
    let asked = 0
    const extension = {
      start: () => Promise.resolve(),
      shutdown: () => Promise.resolve(),
      clientAuthenticator: { headers: () => Promise.resolve({ Authorization: `Bearer ${++asked}` }) },
    }
    const { exporter, backend } = await backendAndExporter(
      { ...once, auth: { authenticator: 'oauth2client' } },
      { host: testHost({ oauth2client: extension }) },
    )
    for (let count = 0; count < 2; count++) await exporter.consumeTraces(someTraces(), { signal })

    expect(backend.requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer 1', 'Bearer 2'])
  })

  it('takes user and password out of the URL', async () => {
    const backend = await HttpBackend.open()
    const { exporter, ...running } = await run(otlpHttpExporter, {
      ...once,
      traces_endpoint: `http://me:s%40cret@127.0.0.1:${backend.port}/in?x=1`,
    })
    await exporter.consumeTraces(someTraces(), { signal })
    backend.answer = respond(400)
    const failure = await failureOf(exporter.consumeTraces(someTraces(), { signal }))
    await running[Symbol.asyncDispose]()
    await backend[Symbol.asyncDispose]()

    expect(backend.requests[0]?.path).toBe('/in?x=1')
    expect(backend.requests[0]?.headers.authorization).toBe(`Basic ${btoa('me:s@cret')}`)
    expect(failure.message).not.toContain('cret')
  })

  it('uses a connection again', async () => {
    const { exporter, backend } = await backendAndExporter()
    for (let count = 0; count < 3; count++) await exporter.consumeTraces(someTraces(), { signal })

    expect(backend.connections).toBe(1)
  })

  it('opens no more connections than max_conns_per_host', async () => {
    const { exporter, backend } = await backendAndExporter({ ...once, max_conns_per_host: 2 })
    await Promise.all(Array.from({ length: 8 }, () => exporter.consumeTraces(someTraces(), { signal })))

    expect(backend.connections).toBe(2)
    expect(backend.requests).toHaveLength(8)
  })
})

describe('answer', () => {
  it.each([200, 202, 204, 299])('OTE-02: %d means delivered', async (status) => {
    const { exporter, backend } = await backendAndExporter()
    backend.answer = respond(status)

    await expect(exporter.consumeTraces(someTraces(), { signal })).resolves.toBeUndefined()
  })

  it.each([
    ['application/x-protobuf', Buffer.of(0xff)],
    ['application/x-protobuf; charset=x', Buffer.of(0x0a, 0x05)],
    ['application/json', Buffer.from('{"partialSuccess":{"rejectedSpans":"many"}}')],
    ['application/json', Buffer.from('<html>')],
    ['application/json', Buffer.from(`{"a":"${'x'.repeat(70_000)}"}`)],
  ])('OTE-02, OTE-07: a success with an unreadable %s body is final', async (type, body) => {
    const { exporter, backend } = await backendAndExporter(direct)
    backend.answer = respond(200, { 'content-type': type }, body)
    const failure = await failureOf(exporter.consumeTraces(someTraces(), { signal }))

    expect(isPermanent(failure)).toBe(true)
    expect(backend.requests).toHaveLength(1)
  })

  it.each([
    ['application/x-protobuf', partialSuccess(2, 'too old')],
    ['application/json', '{"partialSuccess":{"rejectedSpans":"2","errorMessage":"too old"}}'],
    ['application/json; charset=utf-8', '{"partialSuccess":{"rejectedSpans":2,"errorMessage":"too old"}}'],
  ])('OTE-03, OTE-09: reads a partial success in %s, and does not repeat it', async (type, body) => {
    const { exporter, backend, telemetry } = await backendAndExporter(direct)
    backend.answer = respond(200, { 'content-type': type }, body)
    await exporter.consumeTraces(someTraces(5), { signal })

    expect(backend.requests).toHaveLength(1)
    expect(telemetry.dropped.get('partial_success')).toBe(2)
    expect(telemetry.logger.lines).toContainEqual({
      level: 'warn',
      message: 'Partial success response',
      fields: { message: 'too old', dropped_spans: 2 },
    })
  })

  it.each([
    ['application/json', '{}'],
    ['application/json', '{"partialSuccess":{}}'],
    ['application/x-protobuf', ''],
    ['application/x-protobuf', bytesField(1, '')],
    ['text/html', '<p>fine</p>'],
  ])('OTR-09: %s %s is full success', async (type, body) => {
    const { exporter, backend, telemetry } = await backendAndExporter()
    backend.answer = respond(200, { 'content-type': type }, body)
    await exporter.consumeTraces(someTraces(), { signal })

    expect(telemetry.logger.lines).toEqual([])
  })

  it.each([301, 307, 400, 401, 403, 404, 408, 413, 500, 501])(
    'OTE-04, vector 29: %d is final after one attempt',
    async (status) => {
      const { exporter, backend } = await backendAndExporter(direct)
      backend.answer = respond(status, { location: 'http://localhost:1/' })
      const failure = await failureOf(exporter.consumeTraces(someTraces(), { signal }))

      expect(isPermanent(failure)).toBe(true)
      expect(failure.message).toBe(
        `not retryable error: error exporting items, request to ${backend.url}/v1/traces responded with HTTP Status Code ${status}`,
      )
      expect(backend.requests).toHaveLength(1)
    },
  )

  it.each([429, 502, 503, 504])('OTE-04, vector 30: %d is tried again', async (status) => {
    const running = await backendAndExporter(direct)
    running.backend.answer = (response, request, index) =>
      respond(index === 1 ? status : 200)(response, request, index)
    const call = running.exporter.consumeTraces(someTraces(), { signal })
    await letRun(call, running)

    await expect(call).resolves.toBeUndefined()
    expect(running.backend.requests).toHaveLength(2)
  })

  it.each([
    [400, 3],
    [401, 16],
    [403, 7],
    [404, 12],
    [413, 2],
    [429, 8],
    [500, 2],
    [502, 14],
    [503, 14],
    [504, 14],
  ])('15.3: %d stands for the status code %d', async (status, grpcStatus) => {
    const { exporter, backend } = await backendAndExporter()
    backend.answer = respond(status)

    expect(await failureOf(exporter.consumeTraces(someTraces(), { signal }))).toMatchObject({ grpcStatus })
  })

  it('OTE-05, vector 30: a reset connection is tried again', async () => {
    const running = await backendAndExporter(direct)
    running.backend.answer = (response, request, index) => {
      if (index === 1) request.socket.resetAndDestroy()
      else response.end()
    }
    const call = running.exporter.consumeTraces(someTraces(), { signal })
    await letRun(call, running)

    await expect(call).resolves.toBeUndefined()
    expect(running.telemetry.statusEvents.map(({ kind }) => kind)).toEqual(['RecoverableError', 'OK'])
  })

  it('OTE-05: a refused connection and an unknown host are worth another attempt', async () => {
    const { backend, exporter } = await backendAndExporter()
    await backend[Symbol.asyncDispose]()
    const refused = await failureOf(exporter.consumeTraces(someTraces(), { signal }))
    const unknown = await backendAndExporter({ ...once, endpoint: 'http://nowhere.invalid' })
    const lost = await failureOf(unknown.exporter.consumeTraces(someTraces(), { signal }))

    expect(refused).toMatchObject({ permanent: false, grpcStatus: 14 })
    expect(refused.message).toMatch(/^failed to make an HTTP request: .*ECONNREFUSED/)
    expect(lost).toMatchObject({ permanent: false, grpcStatus: 14 })
  })

  it('OTE-05: a server that does not answer is given up at the timeout', async () => {
    const running = await backendAndExporter({ ...once, timeout: '3s' })
    running.backend.answer = () => undefined
    const call = running.exporter.consumeTraces(someTraces(), { signal })
    await running.backend.received(1)
    const failure = failureOf(call)
    await running.clock.advance(3_000)

    expect(await failure).toMatchObject({ code: 'TIMEOUT', permanent: false })
  })

  it('OTE-05: an answer that stops in the middle is given up at the timeout', async () => {
    const running = await backendAndExporter({ ...once, timeout: '3s' })
    running.backend.answer = (response) =>
      void response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' }).write('{')
    const failure = failureOf(running.exporter.consumeTraces(someTraces(), { signal }))
    await running.backend.received(1)
    await running.clock.advance(3_000)

    expect(await failure).toMatchObject({ code: 'TIMEOUT' })
  })

  it.each([
    ['7', 7_000],
    [new Date(Date.UTC(2026, 0, 1, 0, 0, 7)).toUTCString(), 7_000],
    [new Date(Date.UTC(2025, 0, 1)).toUTCString(), 0],
    ['-7', undefined],
    ['7.5', undefined],
    ['soon', undefined],
  ])('OTE-06: understands Retry-After: %s', async (header, expected) => {
    const { exporter, backend } = await backendAndExporter()
    for (const status of [503, 429]) {
      backend.answer = respond(status, { 'retry-after': header })
      expect(retryAfterMs(await failureOf(exporter.consumeTraces(someTraces(), { signal })))).toBe(expected)
    }
    backend.answer = respond(502, { 'retry-after': header })
    expect(retryAfterMs(await failureOf(exporter.consumeTraces(someTraces(), { signal })))).toBeUndefined()
  })

  it('OTE-06, vector 31: the next attempt comes not before the server asked for', async () => {
    const running = await backendAndExporter({
      ...direct,
      retry_on_failure: { initial_interval: '1s', randomization_factor: 0 },
    })
    running.backend.answer = (response, request, index) =>
      index === 1 ? respond(503, { 'retry-after': '7' })(response, request, index) : void response.end()
    const call = running.exporter.consumeTraces(someTraces(), { signal })
    await running.backend.received(1)
    await letRun(call, running)

    const [first, second] = running.backend.requests.map(({ at }) => at)
    expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(7_000)
    expect((second ?? 0) - (first ?? 0)).toBeLessThan(12_000)
  })

  it('OTE-07: reads at most 64 KiB of an endless answer', async () => {
    const { exporter, backend } = await backendAndExporter()
    const closed = Promise.withResolvers<void>()
    backend.answer = (response) => {
      response.writeHead(500, { 'content-type': 'text/plain' })
      const pour = (): void => {
        while (!response.destroyed && response.write('x'.repeat(16_384)));
      }
      response.on('drain', pour).on('close', closed.resolve)
      pour()
    }
    const failure = await failureOf(exporter.consumeTraces(someTraces(), { signal }))

    await closed.promise
    expect(failure.message).toContain('HTTP Status Code 500')
  })

  it.each([
    ['application/x-protobuf', rpcStatus(3, 'bad\nspan', { seconds: 1 }), 'bad span', 'google.rpc.RetryInfo'],
    ['application/json', '{"code":3,"message":"bad span","details":[]}', 'bad span', ''],
  ])('OTE-08: quotes the status of an error in %s', async (type, body, message, details) => {
    const { exporter, backend } = await backendAndExporter()
    backend.answer = respond(400, { 'content-type': type }, body)
    const failure = await failureOf(exporter.consumeTraces(someTraces(), { signal }))

    expect(failure.message).toBe(
      `error exporting items, request to ${backend.url}/v1/traces responded with HTTP Status Code 400, Message=${message}, Details=[${details}]`,
    )
  })

  it('OTE-08: leaves out what it cannot read', async () => {
    const { exporter, backend } = await backendAndExporter()
    for (const [type, body] of [
      ['application/x-protobuf', Buffer.of(0xff, 0xff)],
      ['application/json', 'oops'],
      ['application/json', '["a"]'],
      ['text/html', '<h1>no</h1>'],
    ] as const) {
      backend.answer = respond(400, { 'content-type': type }, body)
      const failure = await failureOf(exporter.consumeTraces(someTraces(), { signal }))
      expect(failure.message).toMatch(/HTTP Status Code 400$/)
    }
  })
})

describe('life', () => {
  it('OTE-20: starts although nobody listens', async () => {
    const running = await run(otlpHttpExporter, { endpoint: 'http://127.0.0.1:1' })
    await expect(running[Symbol.asyncDispose]()).resolves.toBeUndefined()
  })

  it('delivers what is queued before it stops', async () => {
    const { exporter, backend } = await backendAndExporter({})
    for (let count = 0; count < 50; count++) await exporter.consumeTraces(someTraces(), { signal })
    await exporter.shutdown(signal)

    expect(backend.requests).toHaveLength(50)
  })
})

testExporterContract(otlpHttpExporter, {
  async open() {
    const backend = await HttpBackend.open()
    const taken = new Set<number>()
    backend.answer = (response, _, index) => {
      taken.add(index)
      response.end()
    }
    return {
      config: { endpoint: backend.url, headers: { authorization: 'Bearer contract-secret' } },
      spans: () =>
        backend.requests
          .filter((_, at) => taken.has(at + 1))
          .flatMap(({ traces }) => Array.from(traces.spans())),
      treat(decide) {
        backend.answer = (response, _, index) => {
          const treatment = decide()
          if (treatment === 'hang') return
          if (treatment === 'take') taken.add(index)
          response.writeHead({ take: 200, busy: 503, refuse: 400 }[treatment]).end()
        }
      },
      close: () => backend[Symbol.asyncDispose](),
    }
  },
})
