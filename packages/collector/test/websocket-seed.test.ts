import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'

import { parseOtlpJson, type Span } from '@spanloom/core/traces'
import { findOtelcol, freePort, startOtelcol } from '@spanloom/interop'
import { withPeer } from '@spanloom/interop/vitest'
import { request } from 'undici'
import { describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'

import { bookOf, closedBooks } from './books.ts'
import { linesOf, temporaryFolder } from './example-run.ts'
import { startCli } from './process.ts'
import { headerOf, WebSocketProvider } from './websocket-provider.ts'

/** The example of the provider's own document: its trace id has 31 digits. */
const message =
  '{\n"rID" : "2021-03-13 00:32:04.942046#UP57RxE",\n"operation" : "categoriesInfo",\n"__headers__": {\n"trace-id": "c0a8017f6f2c4d98bd70a35c90f1f01",\n"span-id": "7b9a3d3c4e2f1a90"\n}\n}'
const verbatim = 'c0a8017f6f2c4d98bd70a35c90f1f01'
const traceId = '0c0a8017f6f2c4d98bd70a35c90f1f01'
const parent = '7b9a3d3c4e2f1a90'
const answer = '{ "rID":"2021-03-13 00:32:04.942046#UP57RxE",\n "categories" : [ ] , "z":1.0}'
const otelcol = await findOtelcol()

describe('the seed message', () => {
  withPeer('otelcol', otelcol, (binary) => {
    it('goes through a bridge to a real Collector', { timeout: 60_000 }, async () => {
      await using provider = await WebSocketProvider.listen()
      await using scene = await openScene(binary)
      const seen: string[] = []
      const api = createServer((incoming, response) => {
        seen.push(String(incoming.headers['trace-id']), String(incoming.headers['traceparent']))
        response.writeHead(200, { 'content-type': 'application/json' }).end(answer)
      })
      api.listen(0, '127.0.0.1')
      await once(api, 'listening')
      const local = `http://127.0.0.1:${(api.address() as AddressInfo).port}`
      await using spanloom = startCli(
        scene.command(`
    connections: [{ url: "ws://${provider.address}/restaurantEntryPoint", tenant: resto-1, headers: { Authorization: Basic c2VjcmV0, cookie: system=Geheim } }]
    forward: { url: "${local}/commands/{operation}" }
    callback: { url: "http://${provider.address}/callback/{operation}" }`),
      )
      await provider.send(message)
      await provider.waitForCallbacks(1)

      const [callback] = provider.callbacks
      expect(callback?.path).toBe('/callback/categoriesInfo')
      expect(callback && headerOf(callback, 'trace-id')).toEqual([verbatim])
      expect(callback?.body).toBe(answer)
      expect(seen[0]).toBe(verbatim)
      expect(seen[1]).toMatch(RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`))
      const spans = await scene.spans(3)
      expectTrace(spans, [
        'POST /callback/{operation}',
        'POST /commands/{operation}',
        'process categoriesInfo',
      ])
      const books = await closedBooks(scene.admin)
      expect(bookOf(books, 'websocket').out).toBe(3)
      await expectLog(spanloom, ['Command received.', 'Command answered.'])
      expect(provider.handshakes).toEqual(['/restaurantEntryPoint Basic c2VjcmV0 system=Geheim'])
      expect(spanloom.stderr()).not.toMatch(/c2VjcmV0|Geheim/)
      spanloom.signal('SIGTERM')
      expect(await spanloom.exit).toBe(0)
      api.close()
      api.closeAllConnections()
    })

    it.each([
      ['unchanged', verbatim, 'match', 'UNSET'],
      ['filled up by a tracing library', traceId, 'normalized', 'ERROR'],
    ])(
      'goes through a tap to a real Collector, its id %s',
      { timeout: 60_000 },
      async (_how, returned, verdict, status) => {
        await using provider = await WebSocketProvider.listen()
        await using scene = await openScene(binary)
        const [sockets, callbacks] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`]
        await using spanloom = startCli(
          scene.command(`
    mode: tap
    listen: { endpoint: "${sockets}" }
    upstream: "ws://${provider.address}"
    callback: { url: "http://${provider.address}/callback/{operation}", proxy: "${callbacks}" }`),
        )
        await spanloom.waitFor('Everything is ready')
        const integrator = new WebSocket(`ws://${sockets}/restaurantEntryPoint`)
        const frames: string[] = []
        integrator.on('message', (data) => Buffer.isBuffer(data) && frames.push(data.toString()))
        await once(integrator, 'open')
        await provider.send(message)
        await once(integrator, 'message')
        expect(frames).toEqual([message])
        const { statusCode, body } = await request(`http://${callbacks}/callback/categoriesInfo`, {
          method: 'POST',
          headers: { 'trace-id': returned },
          body: answer,
        })
        await body.dump()

        expect(statusCode).toBe(200)
        const [callback] = provider.callbacks
        expect(callback && headerOf(callback, 'trace-id')).toEqual([returned])
        expect(callback?.body).toBe(answer)
        const spans = await scene.spans(2)
        expectTrace(spans, ['POST /callback/{operation}', 'process categoriesInfo'])
        const command = spans.find(({ kind }) => kind === 'CONSUMER')
        expect([command?.attribute('spanloom.callback.trace_id'), command?.status.code]).toEqual([
          verdict,
          status,
        ])
        const books = await closedBooks(scene.admin)
        expect(bookOf(books, 'websocket').out).toBe(2)
        await expectLog(
          spanloom,
          verdict === 'match'
            ? ['Command received.', 'Command answered.']
            : ['The trace id did not come back unchanged.', 'Command failed.'],
        )
        integrator.terminate()
        spanloom.signal('SIGTERM')
        expect(await spanloom.exit).toBe(0)
      },
    )
  })
})

interface OpenScene extends AsyncDisposable {
  readonly admin: URL
  /** Arguments of the command with these settings of the receiver. */
  command(settings: string): readonly string[]
  /** What the Collector wrote, as soon as it is so much. */
  spans(count: number): Promise<readonly Span[]>
}

/** A real Collector that writes what it gets, and what the command needs to send there. */
async function openScene(binary: string): Promise<OpenScene> {
  const resources = new AsyncDisposableStack()
  const folder = resources.use(await temporaryFolder())
  const [listen, admin] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`]
  const file = join(folder.path, 'traces.jsonl')
  const config = JSON.stringify({
    receivers: { otlp: { protocols: { http: { endpoint: listen } } } },
    exporters: { file: { path: file, flush_interval: '10ms' } },
    service: { pipelines: { traces: { receivers: ['otlp'], exporters: ['file'] } } },
  })
  const collector = await startOtelcol({ binary, dir: folder.path, config })
  resources.defer(async () => void (await collector.stop()))
  return {
    admin: new URL(`http://${admin}`),
    command: (settings) => [
      '--config',
      `yaml:
extensions: { admin: { endpoint: "${admin}" } }
receivers:
  websocket:
    log_commands: true${settings}
exporters:
  otlp_http: { endpoint: "http://${listen}" }
service:
  extensions: [admin]
  pipelines: { traces: { receivers: [websocket], exporters: [otlp_http] } }
  telemetry: { metrics: { level: none }, logs: { encoding: json } }
`,
    ],
    async spans(count) {
      for (let lines = 1; ; lines++) {
        const spans = (await linesOf(file, lines)).flatMap((line) => Array.from(parseOtlpJson(line).spans()))
        if (spans.length >= count) return spans
      }
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  }
}

function expectTrace(spans: readonly Span[], names: readonly string[]): void {
  const command = spans.find(({ kind }) => kind === 'CONSUMER')
  expect(spans.map(({ name }) => name).toSorted((one, other) => one.localeCompare(other))).toEqual(names)
  expect(new Set(spans.map((span) => span.traceId))).toEqual(new Set([traceId]))
  expect(command?.parentSpanId).toBe(parent)
  for (const span of spans) {
    expect(span.attribute('spanloom.trace_id')).toBe(verbatim)
    expect(span === command || span.parentSpanId === command?.spanId).toBe(true)
  }
}

/** Every line about the command carries the id as it came, and the ids that a backend knows. */
async function expectLog(spanloom: ReturnType<typeof startCli>, sentences: readonly string[]): Promise<void> {
  for (const sentence of sentences) {
    await spanloom.waitFor(sentence)
    const line =
      spanloom
        .stderr()
        .split('\n')
        .find((each) => each.includes(sentence)) ?? '{}'
    expect(JSON.parse(line)).toMatchObject({
      'trace-id': verbatim,
      rID: '2021-03-13 00:32:04.942046#UP57RxE',
      operation: 'categoriesInfo',
      trace_id: traceId,
      span_id: expect.stringMatching(/^[0-9a-f]{16}$/),
    })
  }
}
