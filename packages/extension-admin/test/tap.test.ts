import { once } from 'node:events'
import { request as plainRequest, type IncomingMessage } from 'node:http'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'

import { type PipelineView, span, systemClock, Traces } from '@spanloom/core'
import { createComponent, testHost, testTaps, type TestTaps } from '@spanloom/core/testing'
import { afterEach, describe, expect, it } from 'vitest'

import { adminExtension, type AdminServer } from '../src/index.ts'

const running: AdminServer[] = []
afterEach(async () => {
  for (const server of running.splice(0)) await server.shutdown(AbortSignal.abort())
})

const pipelines: readonly PipelineView[] = [
  { id: 'traces', receivers: ['otlp'], processors: ['batch'], exporters: ['otlp_http'] },
]

interface Answer {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly response: IncomingMessage
  /** The next line of the answer as data; `undefined` at its end. */
  next(): Promise<Record<string, unknown> | undefined>
  close(): void
}

async function start(config: object = {}): Promise<{
  readonly server: AdminServer
  readonly taps: TestTaps
  readonly ask: (path: string, headers?: Record<string, string>) => Promise<Answer>
}> {
  const taps = testTaps(pipelines)
  const server = createComponent(
    adminExtension,
    { endpoint: '127.0.0.1:0', ...config },
    {
      clock: systemClock,
      collector: {
        components: () => [],
        redactedConfig: () => ({}),
        onStatus: () => () => undefined,
        accounting: () => [],
        pipelines: () => pipelines,
        ...taps,
      },
    },
  )
  running.push(server)
  await server.start(testHost())
  const { port = '' } = server.url ?? {}
  return {
    server,
    taps,
    async ask(path, headers = {}) {
      const sent = plainRequest({
        host: '127.0.0.1',
        port,
        path,
        headers: { host: 'localhost', ...headers },
        agent: false,
      })
      sent.on('error', () => undefined)
      sent.end()
      const [response] = (await once(sent, 'response')) as [IncomingMessage]
      let lines: AsyncIterator<string> | undefined
      return {
        status: response.statusCode ?? 0,
        headers: response.headers,
        response,
        async next() {
          lines ??= createInterface({ input: response })[Symbol.asyncIterator]()
          const line = await lines.next()
          return line.done === true ? undefined : (JSON.parse(line.value) as Record<string, unknown>)
        },
        close: () => sent.destroy(),
      }
    },
  }
}

const batch = (...names: string[]): Traces =>
  Traces.of(
    names.map((name, index) =>
      span({
        traceId: 'a'.repeat(32),
        spanId: `${index + 1}`.padStart(16, '0'),
        name,
        attributes: { n: index },
      }),
    ),
  )

const otlp = { at: 'receivers/otlp' }
const namesIn = (line: unknown): readonly string[] =>
  [...JSON.stringify(line).matchAll(/"name":"(\w+)"/g)].map(([, name = '']) => name)

it('lists what can be watched', async () => {
  const { ask } = await start()
  const { response } = await ask('/api/boundaries')
  expect(JSON.parse(await text(response))).toEqual({
    boundaries: [
      { at: 'receivers/otlp', sides: ['output'], pipelines: ['traces'] },
      { at: 'processors/batch', sides: ['input', 'output'], pipelines: ['traces'] },
      { at: 'exporters/otlp_http', sides: ['input'], pipelines: ['traces'] },
    ],
  })
})

it('shows what passes as lines of OTLP, and ends with a word', async () => {
  const { taps, ask } = await start()
  const tap = await ask('/api/tap?at=receivers/otlp&limit=3')
  expect(tap.status).toBe(200)
  expect(tap.headers).toMatchObject({ 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' })
  expect(await tap.next()).toEqual({ tap: otlp })
  taps.pass({ at: 'processors/batch' }, batch('elsewhere'))
  taps.pass(otlp, batch('a', 'b'))
  taps.pass(otlp, batch('c', 'd'))

  expect(namesIn(await tap.next())).toEqual(['a', 'b'])
  expect(namesIn(await tap.next())).toEqual(['c'])
  expect(await tap.next()).toEqual({ end: { reason: 'limit', message: 'the limit is reached' } })
  expect(await tap.next()).toBeUndefined()
})

it('shows only what is asked for', async () => {
  const { taps, ask } = await start()
  const tap = await ask('/api/tap?at=receivers%2Fotlp&name=a*&attribute=n%3D1&limit=1')
  await tap.next()
  taps.pass(otlp, batch('a', 'b', 'ab'))
  taps.pass(otlp, batch('b', 'abc'))
  expect(namesIn(await tap.next())).toEqual(['abc'])
})

it('shows the same to several, and knows how many there may be', async () => {
  const { taps, ask } = await start({ tap: { max_taps: 2 } })
  const [first, second] = [await ask('/api/tap?at=receivers/otlp'), await ask('/api/tap?at=receivers/otlp')]
  await first.next()
  await second.next()
  const third = await ask('/api/tap?at=receivers/otlp')
  expect([third.status, await third.next()]).toEqual([
    429,
    { error: 'There are 2 taps already; see tap.max_taps.' },
  ])
  taps.pass(otlp, batch('a'))
  expect([namesIn(await first.next()), namesIn(await second.next())]).toEqual([['a'], ['a']])

  first.close()
  // The server learns of it in its own time.
  let again = await ask('/api/tap?at=receivers/otlp')
  while (again.status === 429) again = await ask('/api/tap?at=receivers/otlp')
  expect(again.status).toBe(200)
})

it('tells how many spans it did not show', async () => {
  const { taps, ask } = await start({ tap: { max_spans_per_second: 2 } })
  const tap = await ask('/api/tap?at=receivers/otlp')
  await tap.next()
  taps.pass(otlp, batch('a', 'b', 'c', 'd', 'e'))
  expect(namesIn(await tap.next())).toEqual(['a', 'b'])
  expect(await tap.next()).toEqual({ missed: { spans: 3, why: 'rate' } })
})

it('lets a client that does not read miss spans, and goes on', async () => {
  const { taps, ask } = await start({ tap: { max_spans_per_second: 0 } })
  const tap = await ask('/api/tap?at=receivers/otlp')
  const large = Traces.of([
    span({
      traceId: 'a'.repeat(32),
      spanId: 'b'.repeat(16),
      name: 'large',
      attributes: { text: 'x'.repeat(1_000_000) },
    }),
  ])
  const begin = performance.now()
  for (let index = 0; index < 2_000; index++) {
    taps.pass(otlp, large)
    if (index % 20 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  expect(performance.now() - begin).toBeLessThan(5_000)
  let missed = 0
  taps.close('shutdown')
  for (let line = await tap.next(); line !== undefined; line = await tap.next()) {
    const { missed: told } = line as { missed?: { spans: number } }
    missed += told?.spans ?? 0
  }
  expect(missed).toBeGreaterThan(1_900)
})

it('ends with a word when a reload takes away what is watched, and when the server stops', async () => {
  const { server, taps, ask } = await start()
  const [gone, stopped] = [await ask('/api/tap?at=processors/batch'), await ask('/api/tap?at=receivers/otlp')]
  await gone.next()
  await stopped.next()
  taps.become([{ id: 'traces', receivers: ['otlp'], processors: [], exporters: ['otlp_http'] }])
  expect(await gone.next()).toMatchObject({ end: { reason: 'gone' } })
  taps.pass(otlp, batch('after'))
  expect(namesIn(await stopped.next())).toEqual(['after'])

  await server.shutdown(new AbortController().signal)
  expect(await stopped.next()).toMatchObject({ end: { reason: 'server' } })
})

it('does not wait long for a client that is asleep when the server stops', async () => {
  const { server, taps, ask } = await start({ tap: { max_spans_per_second: 0 } })
  const asleep = await ask('/api/tap?at=receivers/otlp')
  const large = Traces.of([
    span({
      traceId: 'a'.repeat(32),
      spanId: 'b'.repeat(16),
      name: 'large',
      attributes: { text: 'x'.repeat(4_000_000) },
    }),
  ])
  for (let index = 0; index < 20; index++) {
    taps.pass(otlp, large)
    await new Promise((resolve) => setImmediate(resolve))
  }
  const begin = performance.now()
  await server.shutdown(new AbortController().signal)
  expect(performance.now() - begin).toBeLessThan(3_000)
  asleep.close()
})

describe('a question that cannot be answered', () => {
  it.each([
    ['', 400, 'The parameter at is missing'],
    [
      'at=receivers/nothing',
      404,
      'no running pipeline has "receivers/nothing". Did you mean receivers/otlp?',
    ],
    ['at=receivers/otlp&side=input', 404, 'receivers/otlp has no input'],
    ['at=receivers/otlp&side=left', 400, 'side is input or output'],
    ['at=receivers/otlp&limit=0', 400, 'limit is'],
    ['at=receivers/otlp&limit=1e9', 400, 'limit is'],
    ['at=receivers/otlp&for=5', 400, 'for is a duration'],
    ['at=receivers/otlp&for=-5s', 400, 'for is a duration'],
    ['at=receivers/otlp&sample=0', 400, 'sample is a share'],
    ['at=receivers/otlp&sample=2', 400, 'sample is a share'],
    ['at=receivers/otlp&trace=abc', 400, 'trace is no trace id'],
    ['at=receivers/otlp&attribute=%3Dx', 400, 'attribute looks like'],
    ['at=receivers/otlp&at=receivers/otlp', 400, 'at is given twice'],
    ['at=receivers/otlp&nmae=x', 400, 'There is no parameter "nmae"'],
    [`at=receivers/otlp${'&attribute=a'.repeat(17)}`, 400, 'more than 16'],
  ])('%s: %i', async (query, status, message) => {
    const { ask } = await start()
    const answer = await ask(`/api/tap?${query}`)
    expect(answer.status).toBe(status)
    expect((await answer.next())?.['error']).toContain(message)
  })
})

describe('who may watch', () => {
  const path = '/api/tap?at=receivers/otlp'

  it('is nobody when the server listens beyond this machine and nothing is said', async () => {
    const { ask } = await start({ endpoint: '0.0.0.0:0' })
    const answer = await ask(path)
    expect([answer.status, (await answer.next())?.['error']]).toEqual([
      403,
      expect.stringContaining('tap.enabled'),
    ])
  })

  it.each([':0', '0.0.0.0:0', '[::]:0'])('is allowed by a word, also at %s', async (endpoint) => {
    const { ask } = await start({ endpoint, tap: { enabled: true } })
    expect((await ask(path)).status).toBe(200)
  })

  it('is nobody when it is switched off', async () => {
    const { ask } = await start({ tap: { enabled: false } })
    expect((await ask(path)).status).toBe(403)
  })

  it('has the token where there is one', async () => {
    const { ask } = await start({ token: 'secret' })
    expect((await ask(path)).status).toBe(401)
    expect((await ask(path, { authorization: 'Bearer wrong' })).status).toBe(401)
    expect((await ask(path, { authorization: 'Bearer secret' })).status).toBe(200)
    expect((await ask('/api/boundaries')).status).toBe(200)
  })

  it.each([
    { host: 'attacker.example' },
    { origin: 'https://attacker.example' },
    { 'sec-fetch-site': 'cross-site' },
  ])('is no page of another origin: %j', async (headers) => {
    const { ask } = await start()
    expect((await ask(path, { ...headers })).status).toBe(403)
  })
})
