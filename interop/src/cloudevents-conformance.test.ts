import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import type { Span } from '@spanloom/core/traces'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { findCloudEventsConformance } from './cloudevents-tool.ts'
import { freePort } from './free-port.ts'
import { readScenarios, type Scenario, type Step } from './gherkin.ts'
import { pipelines } from './pipelines.ts'
import { type RunningProcess, startProcess } from './process.ts'
import { addressOf, startSpanloom } from './spanloom.ts'
import { type TemporaryFolder, temporaryFolder, waitForSpans } from './trace-files.ts'
import { withPeer } from './vitest.ts'

const suite = await findCloudEventsConformance()
const run = promisify(execFile)
const command = fileURLToPath(new URL('../../packages/collector/src/cli.ts', import.meta.url))
const file = { path: 'out.json' }
const limitMs = 60_000

let resources: AsyncDisposableStack
let folder: TemporaryFolder

beforeEach(() => {
  resources = new AsyncDisposableStack()
  folder = resources.use(temporaryFolder())
})
afterEach(() => resources.disposeAsync())

async function collector(receiver: object): Promise<RunningProcess> {
  const config = pipelines({ all: { from: { cloudevents: receiver }, to: { file } } })
  return resources.use(await startSpanloom({ dir: folder.path, config }))
}

const strict = { validation: 'strict' }
const http = { endpoint: '127.0.0.1:0', path: '/someresource' }

/** The attributes that a span tells of its event, by the names of CloudEvents. */
function toldBy(span: Span | undefined): Readonly<Record<string, unknown>> {
  const extra = (name: string): unknown => span?.attribute(`spanloom.ce.${name}`)
  return {
    id: span?.attribute('cloudevents.event_id'),
    specversion: span?.attribute('cloudevents.event_spec_version'),
    type: span?.attribute('cloudevents.event_type'),
    source: span?.attribute('cloudevents.event_source'),
    time: extra('time'),
    datacontenttype: extra('datacontenttype'),
  }
}

/** What a scenario wants: its table of attributes. */
function attributesOf(steps: readonly Step[]): Readonly<Record<string, string | undefined>> {
  const [, ...rows] = steps.find(({ text }) => text.startsWith('the attributes are'))?.table ?? []
  return Object.fromEntries(rows.map(([name = '', value]) => [name, value]))
}

/** The request of a scenario; its own `Content-Length` is that of another indentation. */
function requestOf({ steps }: Scenario): { readonly headers: [string, string][]; readonly body: string } {
  const raw = steps.find(({ text }) => text === 'an HTTP request')?.doc ?? ''
  const [head = '', body = ''] = raw.split(/\n\n([^]*)/)
  const [, ...lines] = head.split('\n')
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(':')
    return [line.slice(0, colon), line.slice(colon + 1).trim()]
  })
  return { headers: headers.filter(([name]) => !/^(host|content-length)$/i.test(name)), body }
}

withPeer('cloudevents', suite?.dir, (dir) => {
  const feature = (name: string): readonly Scenario[] =>
    readScenarios(readFileSync(join(dir, 'features', `${name}.feature`), 'utf8'))
  const tool = (...args: readonly string[]): Promise<{ stdout: string; stderr: string }> =>
    run(suite?.binary ?? '', args, { timeout: limitMs })

  describe('the features of cloudevents/conformance', { timeout: limitMs }, () => {
    const extra = { extra_attributes: ['time', 'datacontenttype'] }

    test.each(feature('http-protocol-binding'))('HTTP: $name', async (scenario) => {
      const spanloom = await collector({ http, ...extra, ...strict })
      const { headers, body } = requestOf(scenario)
      const url = `http://${addressOf(spanloom, 'cloudevents', 'HTTP')}/someresource`
      const response = await fetch(url, { method: 'POST', headers, body })
      expect(response.status).toBe(202)
      const [span] = (await waitForSpans(folder.file(file.path), 1)).spans()
      expect(toldBy(span)).toEqual(attributesOf(scenario.steps))
    })

    test.each(feature('kafka-protocol-binding'))('Kafka headers, in a hub: $name', async ({ steps }) => {
      const serving = resources.use(
        await startProcess({
          command: process.execPath,
          args: [command, 'eventhub', 'serve', '--port', '0', '--hub', 'orders:1'],
          ready: /^Ready/,
          readyOn: 'stdout',
        }),
      )
      const [connection = ''] = serving.stdout().match(/^Endpoint=.*$/gm) ?? []
      const payload = steps.find(({ text }) => text.startsWith('a Kafka message'))?.doc ?? ''
      const [, ...rows] = steps.find(({ text }) => text.startsWith('Kafka headers'))?.table ?? []
      const { eventHubs } = await import('./cloudevents-service.ts')
      const producer = new (eventHubs().EventHubProducerClient)(connection)
      await producer.sendBatch([
        {
          body: Buffer.from(payload),
          properties: Object.fromEntries(rows.map(([name = '', value]) => [name, value])),
        },
      ])
      await producer.close()
      await collector({ event_hub: { connection }, ...extra, ...strict })
      const [span] = (await waitForSpans(folder.file(file.path), 1)).spans()
      expect(toldBy(span)).toEqual(attributesOf(steps))
    })
  })

  describe('the command of cloudevents/conformance', { timeout: limitMs }, () => {
    test.each([
      ['yaml/v1.yaml', 2],
      ['yaml/v1.0/v1_minimum.yaml', 6],
    ])('is told 2xx for every event of %s', async (events, count) => {
      const spanloom = await collector({ http, ...strict })
      const url = `http://${addressOf(spanloom, 'cloudevents', 'HTTP')}/someresource`
      const { stdout } = await tool('invoke', url, '-f', join(dir, events), '-v')
      const spans = Array.from((await waitForSpans(folder.file(file.path), count)).spans())
      expect(spans).toHaveLength(count)
      expect(stdout).not.toMatch(/\b[45]\d\d\b/)
    })

    test.each([
      ['yaml/v1.yaml', 2],
      ['yaml/v1.0/v1_minimum.yaml', 6],
    ])(
      'sees no difference between %s and what a relay forwards, but for what it adds',
      async (events, count) => {
        const [direct, behind] = [await listen(), await listen()]
        const relay = { url: behind }
        const spanloom = await collector({ http, mode: 'relay', relay })
        const url = `http://${addressOf(spanloom, 'cloudevents', 'HTTP')}/someresource`
        await tool('invoke', direct, '-f', join(dir, events))
        await tool('invoke', url, '-f', join(dir, events))

        const [want, got] = [await heardBy(direct, count), await heardBy(behind, count)]
        // The extension of each event, and the header of each hop.
        expect(got.match(/traceparent: 00-/gi)).toHaveLength(2 * count)
        const files = [folder.file('want.yaml'), folder.file('got.yaml')] as const
        await writeFile(files[0], want)
        await writeFile(files[1], got)
        const { stdout } = await tool('diff', ...files, '--ignore-additions', '--match', 'id')
        expect(stdout.trim()).toBe('')
      },
    )
  })

  /** Starts the listener of the suite and tells its URL. */
  async function listen(): Promise<string> {
    const port = await freePort()
    resources.use(
      await startProcess({
        command: suite?.binary ?? '',
        args: ['listen', '-P', String(port)],
        ready: /listening on/,
      }),
    )
    return `http://127.0.0.1:${port}/`
  }

  /** The events that a listener got, in its notation. */
  async function heardBy(url: string, count: number): Promise<string> {
    return (await fetch(new URL(`/history?wait=${count}`, url))).text()
  }
})
