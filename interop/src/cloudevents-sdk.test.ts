import { fileURLToPath } from 'node:url'

import type { Span } from '@spanloom/core/traces'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import type { ServiceOptions } from './cloudevents-service.ts'
import { freeAddress } from './free-port.ts'
import { overHttp, pipelines } from './pipelines.ts'
import { type RunningProcess, startProcess } from './process.ts'
import { addressOf, startSpanloom } from './spanloom.ts'
import { type TemporaryFolder, temporaryFolder, waitForSpans } from './trace-files.ts'

const script = (name: string): string => fileURLToPath(new URL(`cloudevents-${name}.ts`, import.meta.url))
const command = fileURLToPath(new URL('../../packages/collector/src/cli.ts', import.meta.url))
const file = { path: 'out.json' }
const count = 20
const endsWell = { code: 0, signal: null }

let resources: AsyncDisposableStack
let folder: TemporaryFolder

beforeEach(() => {
  resources = new AsyncDisposableStack()
  folder = resources.use(temporaryFolder())
})
afterEach(() => resources.disposeAsync())

/** Starts a service; `ready` is what it prints first. */
async function start(name: 'producer' | 'consumer', options: ServiceOptions): Promise<RunningProcess> {
  return resources.use(
    await startProcess({
      command: process.execPath,
      args: [script(name), JSON.stringify(options)],
      ready: name === 'producer' ? /^Done: / : /^Ready: (.*)$/,
      readyOn: 'stdout',
    }),
  )
}

/** The extensions that a service wrote or saw, by the ids of events. */
async function extensionsOf(service: RunningProcess): Promise<Readonly<Record<string, string>>> {
  const [, json = ''] = await service.waitForLine(/^Done: (.*)$/, { on: 'stdout' })
  expect(await service.exited).toEqual(endsWell)
  return JSON.parse(json)
}

const isFrom =
  (service: string, name: string) =>
  (span: Span): boolean =>
    span.resource.attribute('service.name') === service && span.name.startsWith(name)

/** Each span that processed an event is in another trace than the one that created it, and links to it. */
function expectTwoTracesAndLinks(spans: readonly Span[], service = 'consumer'): void {
  const byEvent = (all: readonly Span[]): ReadonlyMap<unknown, Span> =>
    new Map(all.map((span) => [span.attribute('cloudevents.event_id'), span]))
  const created = byEvent(spans.filter(isFrom('producer', 'CloudEvents Create')))
  const processed = byEvent(spans.filter(isFrom(service, 'CloudEvents Process')))
  expect([created.size, processed.size]).toEqual([count, count])
  for (const [id, { traceId, spanId }] of created) {
    const process = processed.get(id)
    expect(process?.traceId).not.toBe(traceId)
    expect(process?.links).toMatchObject([{ traceId, spanId }])
  }
}

describe('the scenario of the conventions, with the official SDK', { timeout: 60_000 }, () => {
  test.each(['links', 'captures', 'loses'] as const)(
    'over HTTP and two relays, where the consumer %s',
    async (consumes) => {
      const [second, first] = [await freeAddress(), await freeAddress()]
      const otlp = await freeAddress()
      const common = { via: 'http', otlp: `http://${otlp}`, count, consumer: consumes } as const
      const consumer = await start('consumer', { ...common, address: '' })
      const relay = (endpoint: string, url: string): object => ({
        http: { endpoint },
        mode: 'relay',
        relay: { url },
      })
      const spanloom = resources.use(
        await startSpanloom({
          dir: folder.path,
          config: pipelines({
            all: {
              from: {
                otlp: overHttp(otlp),
                'cloudevents/first': relay(first, `http://${second}/events`),
                'cloudevents/second': relay(second, consumer.ready[1] ?? ''),
              },
              through: { cloudevents: { hold: '20s' } },
              to: { file },
            },
          }),
        }),
      )

      const producer = await start('producer', { ...common, address: `http://${first}/events` })

      const written = await extensionsOf(producer)
      expect(Object.keys(written)).toHaveLength(count)
      expect(await extensionsOf(consumer)).toEqual(written)
      // Of each event three spans of the producer, two hops, two spans of the consumer.
      const spans = Array.from((await waitForSpans(folder.file(file.path), 7 * count)).spans())
      expectTwoTracesAndLinks(spans)
      expect(await spanloom.stop()).toEqual(endsWell)
    },
  )

  test('over the stand-in for Event Hubs, which the collector reads as well', async () => {
    const serving = resources.use(
      await startProcess({
        command: process.execPath,
        args: [command, 'eventhub', 'serve', '--port', '0', '--hub', 'orders:2'],
        ready: /^Ready/,
        readyOn: 'stdout',
      }),
    )
    const [address = ''] = serving.stdout().match(/^Endpoint=.*$/gm) ?? []
    const from = { otlp: overHttp(), cloudevents: { event_hub: { connection: address } } }
    const spanloom = resources.use(
      await startSpanloom({
        dir: folder.path,
        config: pipelines({ all: { from, through: { 'cloudevents/links': {} }, to: { file } } }),
      }),
    )
    const otlp = `http://${addressOf(spanloom, 'otlp', 'HTTP')}`
    const common = { via: 'hub', otlp, address, count, consumer: 'links' } as const
    const consumer = await start('consumer', common)
    const producer = await start('producer', common)

    expect(await extensionsOf(consumer)).toEqual(await extensionsOf(producer))
    // Of each event three spans of the producer, two of the consumer, one of the collector.
    const spans = Array.from((await waitForSpans(folder.file(file.path), 6 * count)).spans())
    expectTwoTracesAndLinks(spans)
    expectTwoTracesAndLinks(spans, 'cloudevents')
    expect(await spanloom.stop()).toEqual(endsWell)
  })
})
