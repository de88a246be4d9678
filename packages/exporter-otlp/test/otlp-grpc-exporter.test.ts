import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { ServerCredentials } from '@grpc/grpc-js'
import { isPermanent, retryAfterMs } from '@spanloom/core'
import { testAuthority, testExporterContract, testHost } from '@spanloom/core/testing'
import { describe, expect, it, onTestFinished } from 'vitest'

import { otlpGrpcExporter } from '../src/index.ts'
import { type CallAnswer, GrpcBackend } from './grpc-backend.ts'
import { bytesField, partialSuccess, rpcStatus } from './protobuf-bytes.ts'
import { direct, failureOf, letRun, once, run, type Running, someTraces } from './running.ts'

const { signal } = new AbortController()
const insecure = { tls: { insecure: true } }

async function backendAndExporter(
  config: Readonly<Record<string, unknown>> = once,
  options: Parameters<typeof run>[2] = {},
): Promise<Running & { readonly backend: GrpcBackend }> {
  let now = (): number => 0
  const backend = await GrpcBackend.open({ now: () => now() })
  const running = await run(otlpGrpcExporter, { endpoint: backend.endpoint, ...insecure, ...config }, options)
  now = () => running.clock.monotonic()
  onTestFinished(async () => {
    await running[Symbol.asyncDispose]()
    await backend[Symbol.asyncDispose]()
  })
  return { ...running, backend }
}

describe('request', () => {
  it.each(['gzip', 'deflate', 'none', ''])(
    'sends the bytes as they are, with compression "%s"',
    async (compression) => {
      const { exporter, backend } = await backendAndExporter({ ...once, compression })
      const traces = someTraces(3)
      await exporter.consumeTraces(traces, { signal })

      expect(backend.calls[0]?.traces.toProtobuf()).toEqual(traces.toProtobuf())
    },
  )

  it('names itself, sends its headers and tells the server how long it waits', async () => {
    const { exporter, backend } = await backendAndExporter({
      ...once,
      timeout: '9s',
      headers: { 'X-Tenant': 'blue', 'trace-bin': 'bytes' },
      authority: 'traces.example.com',
    })
    const before = Date.now()
    await exporter.consumeTraces(someTraces(), { signal })

    const [call] = backend.calls
    expect(call?.metadata.get('x-tenant')).toEqual(['blue'])
    expect(call?.metadata.get('trace-bin')).toEqual([Buffer.from('bytes')])
    expect(String(call?.metadata.get('user-agent')[0])).toMatch(/^spanloom-test\/0\.0\.0 \(\w+\/\w+\)/)
    expect(call?.host).toBe('traces.example.com')
    expect(Number(call?.deadline) - before).toBeGreaterThan(8_000)
    expect(Number(call?.deadline) - before).toBeLessThan(10_500)
  })

  it('asks an authenticator for every call', async () => {
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

    expect(backend.calls.map(({ metadata }) => metadata.get('authorization'))).toEqual([
      ['Bearer 1'],
      ['Bearer 2'],
    ])
  })

  it.each(['http://127.0.0.1:PORT', 'dns:///127.0.0.1:PORT', 'localhost:PORT'])(
    'understands %s',
    async (endpoint) => {
      const backend = await GrpcBackend.open({
        address: endpoint.startsWith('localhost') ? 'localhost:0' : '127.0.0.1:0',
      })
      const running = await run(otlpGrpcExporter, {
        ...once,
        ...insecure,
        endpoint: endpoint.replace('PORT', String(backend.port)),
      })
      await running.exporter.consumeTraces(someTraces(), { signal })
      await running[Symbol.asyncDispose]()
      await backend[Symbol.asyncDispose]()

      expect(backend.calls).toHaveLength(1)
    },
  )

  it('understands unix://', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'otlp-'))
    const backend = await GrpcBackend.open({ address: `unix://${folder}/s` })
    const running = await run(otlpGrpcExporter, { ...once, ...insecure, endpoint: `unix://${folder}/s` })
    await running.exporter.consumeTraces(someTraces(), { signal })
    await running[Symbol.asyncDispose]()
    await backend[Symbol.asyncDispose]()
    await rm(folder, { recursive: true })

    expect(backend.calls).toHaveLength(1)
  })
})

describe('TLS', () => {
  const authority = testAuthority()
  const own = authority.issue()
  const credentials = ServerCredentials.createSsl(null, [
    { cert_chain: Buffer.from(own.cert), private_key: Buffer.from(own.key) },
  ])

  async function sendTo(config: Readonly<Record<string, unknown>>, scheme = ''): Promise<unknown> {
    const backend = await GrpcBackend.open({ credentials })
    const running = await run(otlpGrpcExporter, {
      ...once,
      endpoint: `${scheme}localhost:${backend.port}`,
      timeout: '5s',
      ...config,
    })
    try {
      return await running.exporter.consumeTraces(someTraces(), { signal }).then(
        () => 'delivered',
        (error: unknown) => error,
      )
    } finally {
      await running[Symbol.asyncDispose]()
      await backend[Symbol.asyncDispose]()
    }
  }

  it('is the default, and checks the server', async () => {
    expect(await sendTo({ tls: { ca_pem: authority.cert } })).toBe('delivered')
    expect(await sendTo({})).toMatchObject({ permanent: false, grpcStatus: 14 })
    expect(await sendTo({ tls: { ca_pem: testAuthority().cert } })).toMatchObject({ permanent: false })
  })

  it('`insecure` means plaintext, also with http://, but not with https:// or a CA', async () => {
    expect(await sendTo({ tls: { insecure: true } })).toMatchObject({ permanent: false })
    expect(await sendTo({ tls: { insecure: true } }, 'http://')).toMatchObject({ permanent: false })
    expect(await sendTo({ tls: { insecure: true, ca_pem: authority.cert } })).toBe('delivered')
    expect(await sendTo({ tls: { insecure: true, insecure_skip_verify: true } }, 'https://')).toBe(
      'delivered',
    )
  })

  it('accepts any certificate only when told to', async () => {
    expect(await sendTo({ tls: { insecure_skip_verify: true } })).toBe('delivered')
  })

  it('checks the name in server_name_override', async () => {
    const tls = { ca_pem: authority.cert }
    expect(await sendTo({ tls: { ...tls, server_name_override: 'other.example.com' } })).toMatchObject({
      permanent: false,
    })
    expect(await sendTo({ tls: { ...tls, server_name_override: 'localhost' } })).toBe('delivered')
  })
})

describe('answer', () => {
  const withRetryInfo: readonly (readonly [number, string])[] = [
    [1, 'Canceled'],
    [4, 'DeadlineExceeded'],
    [10, 'Aborted'],
    [11, 'OutOfRange'],
    [14, 'Unavailable'],
    [15, 'DataLoss'],
  ]

  it.each(withRetryInfo)('OTE-21: status %d is tried again', async (code, name) => {
    const { exporter, backend } = await backendAndExporter()
    backend.answer = () => ({ code, details: 'later' })
    const failure = await failureOf(exporter.consumeTraces(someTraces(), { signal }))

    expect(failure).toMatchObject({ permanent: false, grpcStatus: code })
    expect(failure.message).toBe(`rpc error: code = ${name} desc = later`)
  })

  it.each([2, 3, 5, 6, 7, 9, 12, 13, 16])('OTE-21: status %d is final', async (code) => {
    const { exporter, backend } = await backendAndExporter(direct)
    backend.answer = () => ({ code })
    const failure = await failureOf(exporter.consumeTraces(someTraces(), { signal }))

    expect(failure).toMatchObject({ permanent: true, grpcStatus: code })
    expect(backend.calls).toHaveLength(1)
  })

  it.each([
    ['without RetryInfo', undefined, true, undefined],
    ['with RetryInfo', { seconds: 2, nanos: 500_000_000 }, false, 2_500],
    ['with an empty delay', { seconds: 0 }, false, undefined],
    ['with a negative delay', { seconds: -5 }, false, undefined],
  ])('OTE-21, OTE-22, vector 32: RESOURCE_EXHAUSTED %s', async (_, delay, permanent, waitMs) => {
    const { exporter, backend } = await backendAndExporter()
    backend.answer = () => ({ code: 8, statusDetails: rpcStatus(8, 'full', delay) })
    const failure = await failureOf(exporter.consumeTraces(someTraces(), { signal }))

    expect(isPermanent(failure)).toBe(permanent)
    expect(retryAfterMs(failure)).toBe(waitMs)
  })

  it('takes unreadable details for none', async () => {
    const { exporter, backend } = await backendAndExporter()
    backend.answer = () => ({ code: 8, statusDetails: Buffer.from('not a status') })

    expect(isPermanent(await failureOf(exporter.consumeTraces(someTraces(), { signal })))).toBe(true)
  })

  it('OTE-22: the next attempt comes not before the server asked for', async () => {
    const running = await backendAndExporter({
      ...direct,
      retry_on_failure: { initial_interval: '1s', randomization_factor: 0 },
    })
    running.backend.answer = (_, index) =>
      index === 1 ? { code: 14, statusDetails: rpcStatus(14, 'busy', { seconds: 7 }) } : Buffer.alloc(0)
    const call = running.exporter.consumeTraces(someTraces(), { signal })
    await letRun(call, running)

    const [first, second] = running.backend.calls.map(({ at }) => at)
    expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(7_000)
  })

  it('OTE-23: reads a partial success', async () => {
    const { exporter, backend, telemetry } = await backendAndExporter()
    backend.answer = () => partialSuccess(2, 'too old')
    await exporter.consumeTraces(someTraces(5), { signal })

    expect(telemetry.dropped.get('partial_success')).toBe(2)
    expect(telemetry.logger.lines).toContainEqual(
      expect.objectContaining({
        message: 'Partial success response',
        fields: { message: 'too old', dropped_spans: 2 },
      }),
    )
  })

  it('takes an unreadable answer for a final failure', async () => {
    const { exporter, backend } = await backendAndExporter(direct)
    backend.answer = () => Buffer.concat([bytesField(1, 'x'), Buffer.of(0xff)])

    expect(isPermanent(await failureOf(exporter.consumeTraces(someTraces(), { signal })))).toBe(true)
    expect(backend.calls).toHaveLength(1)
  })

  it('gives a silent server up at the timeout', async () => {
    const running = await backendAndExporter({ ...once, timeout: '30s' })
    running.backend.answer = () => 'hang'
    const failure = failureOf(running.exporter.consumeTraces(someTraces(), { signal }))
    await running.backend.received(1)
    await running.clock.advance(30_000)

    expect(await failure).toMatchObject({ code: 'TIMEOUT', permanent: false })
  })
})

describe('connection', () => {
  it('OTE-20: starts without a server, and finds it when it comes', async () => {
    const first = await GrpcBackend.open()
    const { port } = first
    await first[Symbol.asyncDispose]()
    const running = await run(otlpGrpcExporter, { ...once, ...insecure, endpoint: `127.0.0.1:${port}` })
    const failure = await failureOf(running.exporter.consumeTraces(someTraces(), { signal }))
    expect(failure).toMatchObject({ permanent: false, grpcStatus: 14 })

    const second = await GrpcBackend.open({ address: `127.0.0.1:${port}` })
    const until = Date.now() + 8_000
    let delivered = false
    while (!delivered && Date.now() < until)
      delivered = await running.exporter.consumeTraces(someTraces(), { signal }).then(
        () => true,
        () => false,
      )
    await running[Symbol.asyncDispose]()
    await second[Symbol.asyncDispose]()

    expect(delivered).toBe(true)
  })

  it('wait_for_ready: waits for the server up to the timeout', async () => {
    const first = await GrpcBackend.open()
    const { port } = first
    await first[Symbol.asyncDispose]()
    const running = await run(otlpGrpcExporter, {
      ...once,
      ...insecure,
      endpoint: `127.0.0.1:${port}`,
      wait_for_ready: true,
      timeout: '0s',
    })
    const call = running.exporter.consumeTraces(someTraces(), { signal })
    const second = await GrpcBackend.open({ address: `127.0.0.1:${port}` })

    await expect(call).resolves.toBeUndefined()
    await running[Symbol.asyncDispose]()
    await second[Symbol.asyncDispose]()
  })
})

testExporterContract(otlpGrpcExporter, {
  async open() {
    const backend = await GrpcBackend.open()
    const taken = new Set<number>()
    backend.answer = (_, index) => {
      taken.add(index)
      return Buffer.alloc(0)
    }
    return {
      config: {
        endpoint: backend.endpoint,
        ...insecure,
        headers: { authorization: 'Bearer contract-secret' },
      },
      spans: () =>
        backend.calls
          .filter((_, at) => taken.has(at + 1))
          .flatMap(({ traces }) => Array.from(traces.spans())),
      treat(decide) {
        const answers: Readonly<Record<ReturnType<typeof decide>, CallAnswer>> = {
          take: Buffer.alloc(0),
          busy: { code: 14 },
          refuse: { code: 3 },
          hang: 'hang',
        }
        backend.answer = (_, index) => {
          const treatment = decide()
          if (treatment === 'take') taken.add(index)
          return answers[treatment]
        }
      },
      close: () => backend[Symbol.asyncDispose](),
    }
  },
})
