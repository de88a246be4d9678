import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { gzipSync, zstdCompressSync } from 'node:zlib'

import { type Span, toOtlpJson } from '@spanloom/core'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { exampleFolder, temporaryFolder } from './example-run.ts'
import { OtlpBackend } from './otlp-backend.ts'
import { tracesOf } from './otlp-sender.ts'
import { type CliProcess, freePort, readySentence, startCli } from './process.ts'
import { type Outcome, runCommand, runMain } from './run-spanloom.ts'

vi.setConfig({ testTimeout: 60_000 })

const startedAt = 1_700_000_000_000_000_000n
const second = 1_000_000_000n

/** One batch of one span that ends so many seconds after the recording began. */
function batchAt(number: number, seconds: number) {
  const endTime = startedAt + BigInt(Math.round(seconds * 1e9))
  return tracesOf('shop', [
    {
      traceId: 'a'.repeat(32),
      spanId: `${number}`.padStart(16, '0'),
      name: `span ${number}`,
      startTime: endTime - second,
      endTime,
      events: [{ time: endTime, name: 'event' }],
      attributes: { at: String(endTime) },
    },
  ])
}

const lineAt = (number: number, seconds = number): string => `${toOtlpJson(batchAt(number, seconds))}\n`
const linesTo = (count: number): string =>
  Array.from({ length: count }, (_, index) => lineAt(index + 1, index / 100)).join('')
const namesOf = (spans: readonly Span[]): readonly string[] => spans.map(({ name }) => name)

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let backend: OtlpBackend
const open: AsyncDisposable[] = []

beforeEach(async () => {
  folder = await temporaryFolder()
  backend = await OtlpBackend.listen()
})

afterEach(async () => {
  for (const each of open.splice(0)) await each[Symbol.asyncDispose]()
  await backend[Symbol.asyncDispose]()
  await folder[Symbol.asyncDispose]()
})

async function recording(content: string | Uint8Array, name = 'traces.jsonl'): Promise<string> {
  const path = join(folder.path, name)
  await writeFile(path, content)
  return path
}

const replay = (...args: readonly string[]): Promise<Outcome> => runMain(['replay', ...args])

interface Received {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** An HTTP receiver that answers as told, else with 200. */
async function httpReceiver(
  answer: (response: ServerResponse, count: number) => void = (response) => response.end('ok'),
): Promise<{ readonly url: string; readonly received: Received[] }> {
  const received: Received[] = []
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = '', url: path = '', headers } = request
    const body = await buffer(request)
    received.push({ method, path, headers, body: body.toString() })
    answer(response, received.length)
  }
  const server = createServer((request, response) => {
    void serve(request, response)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  open.push({
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  })
  const address = server.address()
  return { url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`, received }
}

describe('recorded traces', () => {
  it('come back as they were, byte for byte what they say, as a real process', async () => {
    const file = await recording(linesTo(5))
    const { code, stdout, stderr } = await runCommand(['replay', file, '--to', backend.url])
    expect([code, stdout, stderr]).toEqual([0, '', 'Done: 5 spans of 5 batches taken.\n'])
    expect(backend.spans.map((span) => span.bytes)).toEqual(
      Array.from({ length: 5 }, (_, index) => [...batchAt(index + 1, index / 100).spans()][0]?.bytes),
    )
  })

  it.each([
    ['gzip', (text: string) => gzipSync(text)],
    ['zstd', (text: string) => zstdCompressSync(text)],
  ])('are read from a file that was compressed with %s', async (_, compress) => {
    const { code } = await replay(await recording(compress(linesTo(3))), '--to', backend.url)
    expect([code, namesOf(backend.spans)]).toEqual([0, ['span 1', 'span 2', 'span 3']])
  })

  it.each([{ compression: 'zstd' }, { format: 'proto' }, { format: 'proto', compression: 'zstd' }])(
    'are read as the file exporter writes them: %j',
    async (settings) => {
      const file = join(folder.path, 'written')
      const first = await replay(await recording(linesTo(3)), '--to', backend.url)
      expect(first.code).toBe(0)
      await using collector = await collectorInto({ file: { path: file, ...settings } })
      await replay(await recording(linesTo(3)), '--to', collector.http)
      collector.cli.signal('SIGTERM')
      await collector.cli.exit
      const second = await replay(file, '--to', backend.url)
      expect([second.code, namesOf(backend.spans.slice(3))]).toEqual([0, ['span 1', 'span 2', 'span 3']])
    },
  )

  it('reach a collector over gRPC, and what a tap shows can be played back', async () => {
    await using collector = await collectorInto({ otlp_http: { endpoint: backend.url } })
    const { code, stderr } = await replay(await recording(linesTo(4)), '--to', `grpc://${collector.grpc}`)
    expect([code, stderr]).toEqual([0, 'Done: 4 spans of 4 batches taken.\n'])
    expect(namesOf(await backend.waitForSpans(4))).toHaveLength(4)
  })

  it('keep their pace, or go faster', async () => {
    const file = await recording(lineAt(1, 0) + lineAt(2, 4))
    const begin = performance.now()
    const { code } = await replay(file, '--to', backend.url, '--speed', '10')
    const tookMs = performance.now() - begin
    expect([code, backend.spans.length]).toEqual([0, 2])
    expect(tookMs).toBeGreaterThanOrEqual(390)
    expect(tookMs).toBeLessThan(4_000)
  })

  it('are no more than a rate allows, and no more than a limit', async () => {
    const begin = performance.now()
    const file = await recording(linesTo(50))
    const { stderr } = await replay(file, '--to', backend.url, '--rate', '20', '--limit', '9')
    expect(performance.now() - begin).toBeGreaterThanOrEqual(395)
    expect([backend.spans.length, stderr]).toEqual([9, 'Ended at the limit: 9 spans of 9 batches taken.\n'])
  })

  it('end at a limit in the middle of a batch', async () => {
    const spans = [1, 2, 3].map((id) => ({
      traceId: 'b'.repeat(32),
      spanId: `${id}`.padStart(16, '0'),
      name: `${id}`,
    }))
    await replay(await recording(toOtlpJson(tracesOf('shop', spans))), '--to', backend.url, '--limit', '2')
    expect(namesOf(backend.spans)).toEqual(['1', '2'])
  })

  it.each([
    ['36h', 36n * 3_600n * second],
    ['2023-11-15T22:13:20Z', 86_400n * second],
  ])('are moved by --shift %s, and it is said what is not', async (shift, expected) => {
    const { stderr } = await replay(await recording(lineAt(1, 0)), '--to', backend.url, '--shift', shift)
    const [span] = backend.spans
    expect(span?.endTimeUnixNano).toBe(startedAt + expected)
    expect(span?.startTimeUnixNano).toBe(startedAt + expected - second)
    expect(span?.events[0]?.timeUnixNano).toBe(startedAt + expected)
    expect(span?.attributes).toEqual({ at: String(startedAt) })
    expect(stderr).toContain('Times in attributes stay as they were recorded.')
  })

  it('begin now with --shift now', async () => {
    const before = BigInt(Date.now()) * 1_000_000n
    await replay(await recording(lineAt(1, 0) + lineAt(2, 60)), '--to', backend.url, '--shift', 'now')
    const [first = 0n, next = 0n] = backend.spans.map(({ endTimeUnixNano }) => endTimeUnixNano)
    expect(first).toBeGreaterThanOrEqual(before)
    expect(next - first).toBe(60n * second)
  })

  it('come again and again in a loop until Ctrl-C, which ends well', async () => {
    const cli = start(await recording(linesTo(2)), '--to', backend.url, '--loop', '--rate', '200')
    await backend.waitForSpans(6)
    cli.signal('SIGINT')
    expect(await cli.exit).toBe(0)
    const traces = new Set(backend.spans.slice(0, 6).map(({ traceId }) => traceId))
    expect(traces.size).toBe(3)
    expect(cli.stderr()).toMatch(/Interrupted: \d+ spans of \d+ batches taken\.\n$/)
  })
})

describe('faults', () => {
  const broken = `${lineAt(1)}{"resourceSpans":7}\n\nnothing\n${lineAt(2)}${lineAt(3).slice(0, 40)}`

  it('are told with their place and left out; what was cut off is said to be', async () => {
    const file = await recording(broken)
    const { code, stderr } = await replay(file, '--to', backend.url)
    expect([code, namesOf(backend.spans)]).toEqual([1, ['span 1', 'span 2']])
    expect(stderr).toMatch(new RegExp(`^${file}:2: .* It is left out\\.\n${file}:4: .*\n${file}:6: `))
    expect(stderr).toContain(`It is the last line and has no end, so it was probably cut off.`)
    expect(stderr).toMatch(/Done: 2 spans of 2 batches taken, 3 messages could not be read\.\n$/)
  })

  it('end everything with --strict', async () => {
    const file = await recording(broken)
    const { code, stderr } = await replay(file, '--to', backend.url, '--strict')
    expect([code, namesOf(backend.spans)]).toEqual([1, ['span 1']])
    expect(stderr).toContain(`${file}:2: `)
    expect(stderr).toContain(
      'Ended at the first fault: 1 span of 1 batch taken, 1 message could not be read.',
    )
  })

  it('of a destination that refuses are counted with their reason', async () => {
    const { url } = await httpReceiver(
      (response, count) => void response.writeHead(count === 2 ? 400 : 200).end(),
    )
    const { code, stderr } = await replay(await recording(linesTo(3)), '--to', url)
    expect(code).toBe(1)
    expect(stderr).toContain('Done: 2 spans of 3 batches taken, 1 not taken.')
    expect(stderr).toMatch(/ {2}1 not taken: .*HTTP Status Code 400/)
  })

  it('of a destination that takes only a part are counted', async () => {
    const { url } = await httpReceiver((response) =>
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end('{"partialSuccess":{"rejectedSpans":"1","errorMessage":"too old"}}'),
    )
    const { code, stderr } = await replay(await recording(linesTo(2)), '--to', url)
    expect(code).toBe(1)
    expect(stderr).toContain('0 spans of 2 batches taken, 2 not taken.\n  2 not taken: rejected by')
  })

  it('that pass are waited for, as long as the destination asks', async () => {
    const { url, received } = await httpReceiver((response, count) => {
      if (count === 1) response.writeHead(503, { 'retry-after': '1' }).end()
      else response.end()
    })
    const begin = performance.now()
    const { code } = await replay(await recording(linesTo(1)), '--to', url)
    expect([code, received.length]).toEqual([0, 2])
    expect(performance.now() - begin).toBeGreaterThanOrEqual(990)
  })

  it('of a destination that is not there end the replay', async () => {
    const to = `http://127.0.0.1:${await freePort()}`
    const { code, stderr } = await replay(await recording(linesTo(9)), '--to', to, '--retry-for', '300ms')
    expect(code).toBe(1)
    expect(stderr).toContain(
      'Ended because the destination takes nothing: 0 spans of 1 batch taken, 1 not taken.',
    )
    expect(stderr).toContain('ECONNREFUSED')
  })

  it('are not tried for ever where everything is refused', async () => {
    const { url, received } = await httpReceiver((response) => void response.writeHead(401).end())
    const { code, stderr } = await replay(await recording(linesTo(300)), '--to', url)
    expect([code, received.length]).toEqual([1, 100])
    expect(stderr).toContain('Ended because the destination refuses everything')
  })

  it.each([
    [['--to', 'localhost'], 'is no OTLP endpoint'],
    [['--to', 'ftp://localhost:1'], 'is no OTLP endpoint'],
    [['--to', 'grpc://localhost'], 'is no OTLP endpoint'],
    [['--to', 'http://localhost:1', '--speed', 'fast'], '--speed is not understood: "fast"'],
    [['--to', 'http://localhost:1', '--set', 'exporters.otlp_http.nope=1'], 'nope'],
    [[], "required option '--to <endpoint>' not specified"],
  ])('of flags are one clear message: %j', async (args, message) => {
    const { code, stderr } = await replay(await recording(linesTo(1)), ...args)
    expect(code).toBe(1)
    expect(stderr).toContain(message)
    expect(stderr).toMatch(/Error: [^\n]*\n$/)
  })

  it.each([
    ['nothing.jsonl', undefined, 'cannot be read: ENOENT'],
    ['picture.png', '\u0089PNG', 'holds neither lines of JSON nor messages with their lengths'],
    ['cut.gz', gzipSync(linesTo(50)).subarray(0, 90), 'cannot be read beyond message'],
  ])('of files are one clear message: %s', async (name, content, message) => {
    const path = content === undefined ? join(folder.path, name) : await recording(content, name)
    const { code, stderr } = await replay(path, '--to', backend.url)
    expect([code, stderr]).toEqual([1, expect.stringContaining(message)])
  })
})

it('ends soon after Ctrl-C although the destination does not answer', async () => {
  const { url, received } = await httpReceiver(() => undefined)
  const cli = start(await recording(linesTo(5)), '--to', url)
  await vi.waitUntil(() => received.length > 0, 10_000)
  cli.signal('SIGINT')
  cli.signal('SIGINT')
  expect(await cli.exit).toBe(1)
  expect(cli.stderr()).toContain(
    'Interrupted: 0 spans of 1 batch taken, 1 not taken.\n  1 not taken: interrupted',
  )
})

it('reads a large file without holding it', async () => {
  const line = lineAt(1).repeat(20)
  const file = await recording(gzipSync(Buffer.concat(Array.from({ length: 400 }, () => Buffer.from(line)))))
  const { code, stderr } = await replay(file, '--to', backend.url, '--limit', '50')
  expect([code, stderr]).toEqual([0, 'Ended at the limit: 50 spans of 50 batches taken.\n'])
})

describe('recorded requests', () => {
  const week = join(exampleFolder, 'samples/valuestream-week.jsonl')

  it('go to the paths of their sources, with their headers and bodies', async () => {
    const { url, received } = await httpReceiver()
    const lines = (await readFile(week, 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Recorded)
    const { code, stderr } = await replay(week, '--to', url)
    expect([code, stderr]).toEqual([0, `Done: ${lines.length} of ${lines.length} requests taken.\n`])
    expect(received.map(({ body }) => JSON.parse(body) as unknown)).toEqual(lines.map(({ body }) => body))
    const paths = { github: '/github', jenkins: '/jenkins', jiracloud: '/jira' }
    expect(received.map(({ path }) => path)).toEqual(lines.map(({ source }) => paths[source]))
    for (const [index, { headers }] of lines.entries())
      expect(received[index]?.headers).toMatchObject(headers)
  })

  it('are taken by the receiver that they were recorded for', async () => {
    await using collector = await collectorInto({ otlp_http: { endpoint: backend.url } })
    const { code } = await replay(week, '--to', collector.hooks)
    expect(code).toBe(0)
  })

  it('say where they go themselves, but never to another server', async () => {
    const { url, received } = await httpReceiver()
    const lines = [
      { path: '/a?b=c', method: 'PUT', headers: { 'x-y': 'z' }, body: 'text' },
      { path: '//other.example/', body: 'text' },
      { path: 'http://other.example/', body: 'text' },
    ]
    const file = await recording(lines.map((line) => JSON.stringify(line)).join('\n'))
    const { code, stderr } = await replay(file, '--to', `${url}/all`)
    expect(code).toBe(1)
    expect(received).toMatchObject([{ method: 'PUT', path: '/a?b=c', body: 'text', headers: { 'x-y': 'z' } }])
    expect(stderr).toContain('2 messages could not be read')
  })

  it('keep their pace where they have times', async () => {
    const { url, received } = await httpReceiver()
    const lines = ['00.000', '04.000'].map((time) =>
      JSON.stringify({ time: `2026-01-01T00:00:${time}Z`, body: {} }),
    )
    const begin = performance.now()
    await replay(await recording(lines.join('\n')), '--to', `${url}/hook`, '--speed', '10')
    expect(performance.now() - begin).toBeGreaterThanOrEqual(390)
    expect(received.map(({ path }) => path)).toEqual(['/hook', '/hook'])
  })

  it('are sent again as long as the receiver asks, and refused ones are counted', async () => {
    const { url, received } = await httpReceiver((response, count) => {
      if (count === 1) response.writeHead(429, { 'retry-after': '1' }).end()
      else response.writeHead(count === 3 ? 422 : 200).end('bad\u001B[2Jevent')
    })
    const file = await recording('{"body":{"n":1}}\n{"body":{"n":2}}\n{"body":{"n":3}}\n')
    const begin = performance.now()
    const { code, stderr } = await replay(file, '--to', url)
    expect(performance.now() - begin).toBeGreaterThanOrEqual(990)
    expect([code, received.map(({ body }) => body)]).toEqual([
      1,
      ['{"n":1}', '{"n":1}', '{"n":2}', '{"n":3}'],
    ])
    expect(stderr).toContain(
      'Done: 2 of 3 requests taken, 1 not taken.\n  1 not taken: status 422: bad [2Jevent\n',
    )
  })

  it('cannot be moved in time', async () => {
    const { url } = await httpReceiver()
    const { code, stderr } = await replay(week, '--to', url, '--shift', 'now')
    expect([code, stderr]).toEqual([1, expect.stringContaining('recorded requests are sent as they are')])
  })
})

it('shows a token to the destination and to nobody else', async () => {
  const file = await recording(linesTo(1))
  const env = { SPANLOOM_REPLAY_TOKEN: 'replay-$ecret' }
  const traces = await runMain(['replay', file, '--to', backend.url], env)
  const { url, received } = await httpReceiver((response) => void response.writeHead(500).end())
  const requests = await runMain(['replay', await recording('{"body":1}'), '--to', url], env)
  expect(backend.requests[0]?.headers['authorization']).toBe('Bearer replay-$ecret')
  expect(received[0]?.headers['authorization']).toBe('Bearer replay-$ecret')
  expect(traces.stderr + requests.stderr).not.toContain('ecret')
})

interface Recorded {
  readonly source: 'github' | 'jenkins' | 'jiracloud'
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
}

function start(...args: readonly string[]): CliProcess {
  const cli = startCli(['replay', ...args])
  open.push(cli)
  return cli
}

/** A collector that takes OTLP and webhooks and leads all of it to one exporter. */
async function collectorInto(
  exporters: Readonly<Record<string, object>>,
): Promise<AsyncDisposable & { cli: CliProcess; http: string; grpc: string; hooks: string }> {
  const [http, grpc, hooks] = [await freePort(), await freePort(), await freePort()].map(
    (port) => `127.0.0.1:${port}`,
  )
  const config = {
    receivers: {
      otlp: { protocols: { http: { endpoint: http }, grpc: { endpoint: grpc } } },
      valuestream: { endpoint: hooks, sources: { github: {}, jira: {}, jenkins: {} } },
    },
    processors: { span_assembly: {} },
    exporters: { ...exporters, nop: {} },
    service: {
      telemetry: { metrics: { level: 'none' } },
      pipelines: {
        traces: { receivers: ['otlp'], exporters: Object.keys(exporters) },
        'traces/hooks': { receivers: ['valuestream'], processors: ['span_assembly'], exporters: ['nop'] },
      },
    },
  }
  const cli = startCli(['--config', await recording(JSON.stringify(config), 'pipeline.yaml')])
  await cli.waitFor(readySentence)
  return {
    cli,
    http: `http://${http}`,
    grpc: grpc ?? '',
    hooks: `http://${hooks}`,
    [Symbol.asyncDispose]: () => cli[Symbol.asyncDispose](),
  }
}
