import { expect, test } from 'vitest'

import { bookOf, closedBooks } from './books.ts'
import { OtlpBackend } from './otlp-backend.ts'
import { freePort } from './process.ts'
import { otlpPipeline, startReloading, type PipelineData } from './reloading.ts'
import { startSpanLoad } from './span-load.ts'

const reloads = 100
const every = 5

/** Number `index` of a row of configurations, each unlike the one before. */
function variant(index: number, receiver: string, backend: string): PipelineData {
  const base = otlpPipeline(receiver, backend, {
    receiver: { include_metadata: index % 2 === 0, max_request_body_size: 1_000_000 + index },
    exporter: { timeout: `${5 + (index % 3)}s`, sending_queue: { queue_size: 1000 + (index % 4) } },
    telemetry: {
      logs: { level: index % 7 === 0 ? 'debug' : 'info' },
      // This one restarts everything.
      resource: { round: String(Math.floor(index / 20)) },
    },
  })
  const { traces } = base.service.pipelines
  if (traces === undefined) throw new TypeError('There is no pipeline.')
  const processors = ['batch', 'attributes', 'memory_limiter'].filter((_, bit) => (index >> bit) % 2 === 1)
  const joined = index % 3 === 0
  return {
    ...base,
    processors: {
      batch: { timeout: '5ms' },
      attributes: { actions: [{ key: 'round', value: index, action: 'upsert' }] },
      memory_limiter: { check_interval: '1s', limit_mib: 4000 },
    },
    exporters: { ...base.exporters, nop: {} },
    connectors: { forward: {} },
    service: {
      ...base.service,
      pipelines: joined
        ? {
            traces: { ...traces, processors, exporters: ['forward'] },
            'traces/out': { receivers: ['forward'], processors: [], exporters: ['otlp_http'] },
          }
        : {
            traces: {
              ...traces,
              processors,
              exporters: index % 2 === 0 ? ['otlp_http', 'nop'] : ['otlp_http'],
            },
          },
    },
  }
}

/** A file with a fault, each of another kind. */
function broken(index: number, good: PipelineData, taken: string): string {
  const { service } = good
  switch (index % 5) {
    case 0:
      return JSON.stringify(
        { ...good, exporters: { ...good.exporters, otlp_http: { endpiont: 'x' } } },
        undefined,
        2,
      )
    case 1:
      return `${JSON.stringify(good, undefined, 2)}\n]`
    case 2:
      return JSON.stringify({ ...good, service: { ...service, extensions: ['admin', 'gone'] } }, undefined, 2)
    case 3:
      return ''
    default:
      // Without a fault in its text, but its second receiver cannot listen.
      return JSON.stringify({
        ...good,
        receivers: { ...good.receivers, 'otlp/second': { protocols: { http: { endpoint: taken } } } },
        service: {
          ...service,
          pipelines: {
            ...service.pipelines,
            'traces/second': { receivers: ['otlp/second'], processors: [], exporters: ['nop'] },
          },
        },
      })
  }
}

test(`${reloads} reloads under load, ${reloads / every} of them with broken files, lose, double and refuse nothing`, async () => {
  await using backend = await OtlpBackend.listen()
  const receiver = `127.0.0.1:${await freePort()}`
  const taken = new URL(backend.url).host
  let good = variant(0, receiver, backend.url)
  await using collector = await startReloading(good)
  const load = startSpanLoad(receiver)
  const wrong: unknown[] = []

  for (let index = 1; index <= reloads; index++) {
    const before = load.requests()
    const bad = index % every === 0
    if (!bad) good = variant(index, receiver, backend.url)
    const { status, body } = await collector.reload(bad ? broken(index / every, good, taken) : good)
    if (status !== (bad ? 400 : 200)) wrong.push({ index, status, body })
    // Between two reloads every sender gets its turn.
    while (load.requests() < before + 6) await new Promise((resolve) => setImmediate(resolve))
  }

  const { acknowledged, faults } = await load.stop()
  expect(wrong).toEqual([])
  expect(faults).toEqual([])
  const books = await closedBooks(collector.admin)
  const arrived = backend.spans.map(({ spanId }) => spanId)
  expect(arrived.toSorted()).toEqual(acknowledged.toSorted())
  expect(acknowledged.length).toBeGreaterThan(reloads * 6)
  // Books begin anew when everything is restarted.
  const { out } = bookOf(books, 'otlp')
  expect(bookOf(books, 'otlp')).toMatchObject({ refused: 0, dropped: {} })
  expect(bookOf(books, 'otlp_http')).toMatchObject({ out, refused: 0, dropped: {}, held: 0 })

  const log = collector.cli.stderr()
  const complaints = log.split('Config not updated. The one before goes on.').slice(1)
  expect(complaints).toHaveLength(reloads / every)
  // A fault in the text is shown in a frame; an address that is taken is named.
  const shown = complaints.map((text) => text.split('\n').slice(0, 6).join('\n'))
  expect(shown.filter((text) => /^ {4}\d+ \| .*\n {4} +\| +\^+$/m.test(text))).toHaveLength(16)
  expect(shown.filter((text) => text.includes(`listen tcp ${taken}: address already in use`))).toHaveLength(4)
  expect(log).toContain('has invalid keys: endpiont')
  expect(log).toContain('Did you mean "endpoint"?')
  expect(log).toContain('references extension "gone" which is not configured')
  expect(log).toContain('no receiver configuration specified in config')

  collector.cli.signal('SIGTERM')
  expect(await collector.cli.exit).toBe(0)
}, 60_000)
