import { createHash } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { entryOf, createRegistry, defineExporter } from '@spanloom/core'
import { TracesSink } from '@spanloom/core/testing'
import { toOtlpJson } from '@spanloom/core/traces'
import { freePort, startProcess } from '@spanloom/interop'
import { describe, expect, it, test } from 'vitest'

import { defaultRegistry, runCollector } from '../src/index.ts'
import { exampleFolder, startExample, stopExample, temporaryFolder } from './example-run.ts'
import { byText, servicesOf, spansIn, treeOf } from './example-spans.ts'
import { OtlpBackend } from './otlp-backend.ts'
import { sendOverGrpc, sendOverHttp, tracesOf } from './otlp-sender.ts'
import { valuestreamExample } from './valuestream-example.ts'
import { figuresOf, post, week } from './valuestream-replay.ts'
import { headerOf, WebSocketProvider } from './websocket-provider.ts'

const start = 1_767_225_600_000_000_000n
const traceId = '5b8efff798038103d269b633813fc60c'
const complete = {
  traceId,
  spanId: 'eee19b7ec3c1b174',
  name: 'checkout',
  startTime: start,
  endTime: start + 9_000_000n,
}

/** What the sample of Invictus events becomes: each step with its parent and its status. */
const invictusSteps = [
  ['Invoice', '', 'UNSET'],
  ['Notify customer', 'Invoice', 'ERROR'],
  ['Validate', 'Invoice', 'UNSET'],
]

/** One test for each example, by the name of its file. */
const examples: Readonly<Record<string, () => Promise<void>>> = {
  async 'quickstart.yaml'() {
    await using folder = await temporaryFolder()
    const [invictus, otlp, health, metrics] = [
      await address(),
      await address(),
      await address(),
      await freePort(),
    ]
    const file = join(folder.path, 'traces.jsonl')
    await using example = await startExample('quickstart.yaml', {
      SPANLOOM_INVICTUS_ENDPOINT: invictus,
      SPANLOOM_OTLP_HTTP_ENDPOINT: otlp,
      SPANLOOM_HEALTH_ENDPOINT: health,
      SPANLOOM_METRICS_PORT: String(metrics),
      SPANLOOM_TRACES_FILE: file,
      SPANLOOM_LOG_LEVEL: 'info',
    })

    expect(await postEvents(invictus)).toBe(200)
    expect(await sendOverHttp(otlp, tracesOf('shop', [complete]))).toBe(200)

    const spans = await spansIn(file, 4)
    expect(treeOf(spans.filter((span) => span.traceId !== traceId))).toEqual(invictusSteps)
    expect(spans.filter((span) => span.traceId === traceId)).toMatchObject([{ name: 'checkout' }])
    expect((await fetch(`http://${health}`)).status).toBe(200)
    const scrape = await (await fetch(`http://localhost:${metrics}/metrics`)).text()
    expect(scrape).toMatch(/^otelcol_receiver_accepted_spans\{.*receiver="invictus".*\} 6$/m)
    expect(await stopExample(example)).toEqual({ code: 0, signal: null })
  },

  async 'otlp-sidecar.yaml'() {
    await using backend = await OtlpBackend.listen()
    const [grpc, http, health] = [await address(), await address(), await address()]
    await using example = await startExample('otlp-sidecar.yaml', {
      SPANLOOM_OTLP_GRPC_ENDPOINT: grpc,
      SPANLOOM_OTLP_HTTP_ENDPOINT: http,
      SPANLOOM_HEALTH_ENDPOINT: health,
      SPANLOOM_BACKEND: backend.url,
    })

    expect(await sendOverHttp(http, tracesOf('by-http', [complete]))).toBe(200)
    expect(await sendOverGrpc(grpc, tracesOf('by-grpc', [complete]))).toBe(0)

    expect(servicesOf(await backend.waitForSpans(2))).toEqual(new Set(['by-grpc', 'by-http']))
    expect(backend.requests[0]?.headers).toMatchObject({
      'content-encoding': 'zstd',
      'content-type': 'application/x-protobuf',
    })
    expect((await fetch(`http://${health}`)).status).toBe(200)
    expect(await stopExample(example)).toEqual({ code: 0, signal: null })
  },

  async 'invictus-to-otlp.yaml'() {
    const [invictus, backend] = [await address(), await address()]
    const sink = new TracesSink()
    await using _backend = await grpcBackend(backend, sink)
    await using example = await startExample('invictus-to-otlp.yaml', {
      SPANLOOM_INVICTUS_ENDPOINT: invictus,
      SPANLOOM_BACKEND: backend,
      ENVIRONMENT: 'test',
    })

    expect(await postEvents(invictus)).toBe(200)

    await sink.waitForSpans(3)
    expect(treeOf(sink.spans)).toEqual(invictusSteps)
    expect(servicesOf(sink.spans)).toEqual(new Set(['Invoice system', 'Mail gateway']))
    for (const { resource } of sink.spans)
      expect(resource.attribute('deployment.environment.name')).toBe('test')
    expect(await stopExample(example)).toEqual({ code: 0, signal: null })
  },

  async 'invictus-replay.yaml'() {
    await using example = await startExample(
      'invictus-replay.yaml',
      { SPANLOOM_EVENTS: join(exampleFolder, 'samples', '*.json') },
      /Invoice/,
    )

    await example.waitForLine(/Notify customer/, { on: 'stdout' })
    await example.waitForLine(/Validate/, { on: 'stdout' })
    const lines = example.stdout().split('\n')
    const indent = (name: string): number =>
      lines.find((line) => line.includes(name))?.search(/[\p{L}]/u) ?? -1
    expect(indent('Validate')).toBeGreaterThan(indent('Invoice'))
    expect(await stopExample(example)).toEqual({ code: 0, signal: null })
  },

  async 'invictus.yaml'() {
    await using folder = await temporaryFolder()
    const port = await freePort()
    const [spans, again] = [join(folder.path, 'spans.jsonl'), join(folder.path, 'again.jsonl')]
    await using example = await startExample(
      'invictus.yaml',
      {
        SPANLOOM_EVENTS: join(exampleFolder, 'samples', 'invictus-*.json'),
        SPANLOOM_HUBS_PORT: String(port),
        SPANLOOM_HUBS: `Endpoint=sb://localhost:${port};SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=SAS_KEY_VALUE;UseDevelopmentEmulator=true`,
        SPANLOOM_SPANS_FILE: spans,
        SPANLOOM_AGAIN_FILE: again,
      },
      /Notify customer/,
    )

    expect(treeOf(await spansIn(spans, 3))).toEqual(invictusSteps)
    expect(treeOf(await spansIn(again, 3))).toEqual(invictusSteps)
    expect(await stopExample(example)).toEqual({ code: 0, signal: null })
  },

  async 'cloudevents.yaml'() {
    const ports = [await freePort(), await freePort(), await freePort()]
    const run = join(exampleFolder, '..', 'examples', 'cloudevents', 'run.mjs')
    await using example = await startProcess({
      command: process.execPath,
      args: [run],
      env: { PORTS: ports.join() },
      ready: /CloudEvents Process/,
    })
    expect(await example.exited).toEqual({ code: 0, signal: null })

    const created = example.stdout().match(/^trace (\w+)(?=.*\n└─ checkout)/gm) ?? []
    const linked = example.stdout().match(/↗ link \w+/g) ?? []
    expect(created).toHaveLength(2)
    expect(linked.map((line) => line.slice(-32)).toSorted(byText)).toEqual(
      created.map((line) => line.slice(-32)).toSorted(byText),
    )
    expect(example.stdout().match(/CloudEvents Create .*\[broker\]/g)).toHaveLength(1)
  },

  async 'valuestream-week.yaml'() {
    const [http, metrics] = [await address(), await freePort()]
    await using example = await startExample('valuestream-week.yaml', {
      SPANLOOM_VALUESTREAM_ENDPOINT: http,
      SPANLOOM_METRICS_PORT: String(metrics),
      SPANLOOM_REPORT_INTERVAL: '1s',
    })

    for (const delivery of week) expect([200, 202]).toContain(await post(http, delivery))

    await example.waitForLine(/deploy .*ERROR: FAILURE/, { on: 'stdout' })
    await example.waitForLine(/The value stream\..*rolled back/, { on: 'stderr' })
    expect((await figuresOf(metrics)).join('\n')).toContain('change_failure_rate')
    expect(await stopExample(example)).toEqual({ code: 0, signal: null })
  },

  async 'orchest.yaml'() {
    const ports = [await freePort(), await freePort()]
    await using example = await startProcess({
      command: process.execPath,
      args: [join(exampleFolder, '..', 'examples', 'orchest', 'run.mjs')],
      env: { PORTS: ports.join() },
      ready: /Telemetry keeps/,
    })
    expect(await example.exited).toEqual({ code: 0, signal: null })
    expect(example.stdout()).toMatch(/one-off job .*ERROR: project:one-off-job:failed/)
    expect(example.stdout()).toContain('Notification: project.one_off_job.pipeline_run.failed at ')
    expect(example.stdout()).not.toMatch(/Telemetry keeps: .*orchest\.job\.name/)
  },

  async 'assembly-gateway.yaml'() {
    await using backend = await OtlpBackend.listen()
    const http = await address()
    await using example = await startExample('assembly-gateway.yaml', {
      SPANLOOM_OTLP_HTTP_ENDPOINT: http,
      SPANLOOM_BACKEND: backend.url,
    })
    const { traceId, spanId, name } = complete
    const beginning = { traceId, spanId, name, startTime: start, attributes: { half: 'first', first: true } }
    const end = { traceId, spanId, name: '', endTime: start + 5_000_000n, attributes: { half: 'second' } }

    expect(await sendOverHttp(http, tracesOf('shop', [end]))).toBe(200)
    expect(await sendOverHttp(http, tracesOf('shop', [beginning]))).toBe(200)

    const spans = await backend.waitForSpans(1)
    expect(spans).toMatchObject([{ name, startTimeUnixNano: start, endTimeUnixNano: start + 5_000_000n }])
    expect(spans[0]?.attributes).toEqual({ half: 'second', first: true, 'spanloom.fragments': 2 })
    expect(await stopExample(example)).toEqual({ code: 0, signal: null })
    expect(backend.spans).toHaveLength(1)
  },

  async 'durable.yaml'() {
    await using folder = await temporaryFolder()
    await using backend = await OtlpBackend.listen()
    const env = {
      SPANLOOM_OTLP_HTTP_ENDPOINT: await address(),
      SPANLOOM_INVICTUS_ENDPOINT: await address(),
      SPANLOOM_BACKEND: backend.url,
      SPANLOOM_STORAGE: join(folder.path, 'storage'),
    }
    const { traceId, spanId, name } = complete
    await using first = await startExample('durable.yaml', env)
    const beginning = { traceId, spanId, name, startTime: start, attributes: { half: 'first' } }
    expect(await sendOverHttp(env.SPANLOOM_OTLP_HTTP_ENDPOINT, tracesOf('shop', [beginning]))).toBe(200)
    expect(await postEvents(env.SPANLOOM_INVICTUS_ENDPOINT)).toBe(200)
    await first.stop({ signal: 'SIGKILL' })

    await using example = await startExample('durable.yaml', env)
    const end = { traceId, spanId, name: '', endTime: start + 5_000_000n }
    expect(await sendOverHttp(env.SPANLOOM_OTLP_HTTP_ENDPOINT, tracesOf('shop', [end]))).toBe(200)

    const spans = await backend.waitForSpans(4)
    expect(treeOf(spans.filter((span) => span.traceId !== traceId))).toEqual(invictusSteps)
    expect(spans.filter((span) => span.traceId === traceId)).toMatchObject([
      { name, startTimeUnixNano: start, endTimeUnixNano: start + 5_000_000n },
    ])
    expect(await stopExample(example)).toEqual({ code: 0, signal: null })
  },

  async 'websocket-sidecar.yaml'() {
    await using provider = await WebSocketProvider.listen()
    await using api = await WebSocketProvider.listen()
    await using backend = await OtlpBackend.listen()
    const proxy = await address()
    await using example = await startExample('websocket-sidecar.yaml', {
      SPANLOOM_UPSTREAM_SOCKET: `ws://${provider.address}/restaurantEntryPoint`,
      SPANLOOM_UPSTREAM_CALLBACKS: `http://${provider.address}`,
      SPANLOOM_LOCAL_API: `http://${api.address}`,
      SPANLOOM_CALLBACK_PROXY: proxy,
      SPANLOOM_BACKEND: backend.url,
    })

    await provider.send(
      '{"rID":"r-1","operation":"getBill","__headers__":{"trace-id":"c0a8017f6f2c4d98bd70a35c90f1f01"}}',
    )
    await api.waitForCallbacks(1)
    const response = await fetch(`http://${proxy}/callback/getBill`, {
      method: 'POST',
      headers: { restoId: 'resto-1' },
      body: '{"rID":"r-1"}',
    })
    await provider.waitForCallbacks(1)

    expect(response.status).toBe(200)
    expect(provider.handshakes).toEqual(['/restaurantEntryPoint Basic cmVzdG8tMTp0ZXN0 system=MyPOS'])
    expect(provider.callbacks.map((callback) => headerOf(callback, 'trace-id'))).toEqual([
      ['c0a8017f6f2c4d98bd70a35c90f1f01'],
    ])
    const spans = await backend.waitForSpans(3)
    expect(new Set(spans.map(({ name }) => name))).toEqual(
      new Set(['process getBill', 'POST /commands/{operation}', 'POST /callback/{operation}']),
    )
    expect(await stopExample(example)).toEqual({ code: 0, signal: null })
  },

  async 'fan-out.yaml'() {
    await using folder = await temporaryFolder()
    const http = await address()
    await using example = await startExample('fan-out.yaml', {
      SPANLOOM_OTLP_HTTP_ENDPOINT: http,
      SPANLOOM_DATA: folder.path,
    })
    const traces = tracesOf(
      'shop',
      Array.from({ length: 400 }, (_, index) => ({
        ...complete,
        traceId: createHash('sha256').update(`trace ${index}`).digest('hex').slice(0, 32),
        attributes: { 'db.statement': 'SELECT 1', 'http.request.header.authorization': 'Bearer secret' },
        ...(index % 40 === 7 ? { status: { code: 'ERROR' } as const } : {}),
      })),
    )

    expect(await sendOverHttp(http, traces)).toBe(200)
    expect(await stopExample(example)).toEqual({ code: 0, signal: null })

    const errors = await spansIn(join(folder.path, 'errors.jsonl'), 10)
    expect(errors).toHaveLength(10)
    expect(errors.every((span) => span.status.code === 'ERROR')).toBe(true)
    const sample = await spansIn(join(folder.path, 'sample.jsonl'), 20)
    expect(sample.length).toBeGreaterThan(20)
    expect(sample.length).toBeLessThan(60)
    for (const { attributes } of [...errors, ...sample]) {
      expect(attributes['db.statement']).toMatch(/^[0-9a-f]{40,64}$/)
      expect(Object.keys(attributes)).not.toContain('http.request.header.authorization')
    }
  },

  async 'secured.yaml'() {
    await using backend = await OtlpBackend.listen()
    const http = await address()
    await using example = await startExample('secured.yaml', {
      SPANLOOM_OTLP_HTTP_ENDPOINT: http,
      SPANLOOM_BACKEND: backend.url,
      SPANLOOM_TOKEN: 'open-sesame',
      SPANLOOM_PASSWORD: 'to-the-backend',
    })
    const traces = tracesOf('shop', [complete])

    expect(await sendOverHttp(http, traces)).toBe(401)
    expect(await sendOverHttp(http, traces, { authorization: 'Bearer change-me' })).toBe(401)
    expect(await sendOverHttp(http, traces, { authorization: 'Bearer open-sesame' })).toBe(200)

    expect(await backend.waitForSpans(1)).toMatchObject([{ name: 'checkout' }])
    const basic = Buffer.from('spanloom:to-the-backend').toString('base64')
    expect(backend.requests[0]?.headers.authorization).toBe(`Basic ${basic}`)
    expect(await stopExample(example)).toEqual({ code: 0, signal: null })
    expect(example.stdout() + example.stderr()).not.toMatch(/open-sesame|to-the-backend/)
  },

  async 'traces-file.yaml'() {
    await using folder = await temporaryFolder()
    await using backend = await OtlpBackend.listen()
    await writeFile(
      join(folder.path, 'old.jsonl'),
      ['one', 'two'].map((service) => `${toOtlpJson(tracesOf(service, [complete]))}\n`).join(''),
    )
    await using example = await startExample('traces-file.yaml', {
      SPANLOOM_TRACES: join(folder.path, '*.jsonl'),
      SPANLOOM_BACKEND: backend.url,
    })

    const spans = await backend.waitForSpans(2)
    expect(servicesOf(spans)).toEqual(new Set(['one', 'two']))
    for (const span of spans) expect(span.attributes).toEqual({ replayed: true })
    expect(backend.requests[0]?.headers['content-type']).toBe('application/json')
    expect(await stopExample(example)).toEqual({ code: 0, signal: null })
  },

  'valuestream.yaml': valuestreamExample,
}

test('every example has a test', () => {
  const files = readdirSync(exampleFolder).filter((name) => name.endsWith('.yaml'))
  expect(Object.keys(examples).toSorted()).toEqual(files.toSorted())
})

describe('does what it says', () => {
  // The assertions are in the examples above.
  // oxlint-disable-next-line vitest/expect-expect
  it.each(Object.entries(examples))('%s', (_file, run) => run(), 60_000)
})

const address = async (): Promise<string> => `127.0.0.1:${await freePort()}`

/** Posts the sample of Invictus events. */
async function postEvents(address: string): Promise<number> {
  const response = await fetch(`http://${address}/`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: await readFile(join(exampleFolder, 'samples', 'invictus-flow.json')),
  })
  await response.arrayBuffer()
  return response.status
}

/** A backend for OTLP over gRPC: another collector in this process. */
function grpcBackend(endpoint: string, sink: TracesSink): Promise<AsyncDisposable> {
  const recorder = defineExporter({
    type: 'recorder',
    stability: 'development',
    schema: { type: 'object', properties: {} },
    create: () => ({ exportTraces: (traces, context) => sink.consumeTraces(traces, context) }),
  })
  return runCollector({
    registry: createRegistry([...defaultRegistry.entries, entryOf(recorder)]),
    config: {
      receivers: { otlp: { protocols: { grpc: { endpoint } } } },
      exporters: { recorder: {} },
      service: {
        pipelines: { traces: { receivers: ['otlp'], exporters: ['recorder'] } },
        telemetry: { metrics: { level: 'none' }, logs: { level: 'error' } },
      },
    },
  })
}
