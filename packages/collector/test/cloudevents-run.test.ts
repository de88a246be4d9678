import { join } from 'node:path'

import type { SpanInit } from '@spanloom/core'
import { expect, test, vi } from 'vitest'

import { closedBooks } from './books.ts'
import { temporaryFolder } from './example-run.ts'
import { OtlpBackend } from './otlp-backend.ts'
import { sendOverHttp, tracesOf } from './otlp-sender.ts'
import { type CliProcess, freePort, readySentence, startCli } from './process.ts'

vi.setConfig({ testTimeout: 60_000 })

const origin = 1_767_225_600_000_000_000n
const hex = (number: number, digits: number): string => number.toString(16).padStart(digits, '0')

const about = (number: number): SpanInit['attributes'] & object => ({
  'cloudevents.event_id': `e-${number}`,
  'cloudevents.event_source': '/shop',
})

/** The span that made event `number`, and the one that processed it. */
const created = (number: number): SpanInit => ({
  traceId: `a${hex(number, 31)}`,
  spanId: `a${hex(number, 15)}`,
  name: 'CloudEvents Create order.created',
  kind: 'PRODUCER',
  startTime: origin,
  endTime: origin,
  attributes: about(number),
})
const processed = (number: number): SpanInit => ({
  ...created(number),
  traceId: `b${hex(number, 31)}`,
  spanId: `b${hex(number, 15)}`,
  name: 'CloudEvents Process order.created',
  kind: 'CONSUMER',
})

interface Running extends AsyncDisposable {
  readonly cli: CliProcess
  readonly otlp: string
  readonly events: string
  readonly admin: string
}

interface Settings {
  readonly backend: string
  readonly directory: string
  readonly receiver?: object
}

async function run({ backend, directory, receiver = {} }: Settings): Promise<Running> {
  const [otlp, events, admin] = [await freePort(), await freePort(), await freePort()].map(
    (port) => `127.0.0.1:${port}`,
  )
  const config = {
    receivers: {
      otlp: { protocols: { http: { endpoint: otlp } } },
      cloudevents: { http: { endpoint: events }, ...receiver },
    },
    processors: { cloudevents: { hold: '30s', storage: 'file_storage' } },
    exporters: { otlp_http: { endpoint: backend } },
    extensions: {
      file_storage: {
        directory: join(directory, 'storage'),
        create_directory: true,
        min_free_disk: 0,
        ballast: 0,
      },
      admin: { endpoint: admin },
    },
    service: {
      extensions: ['file_storage', 'admin'],
      telemetry: { metrics: { level: 'none' } },
      pipelines: {
        traces: { receivers: ['otlp', 'cloudevents'], processors: ['cloudevents'], exporters: ['otlp_http'] },
      },
    },
  }
  const cli = startCli(['--config', `yaml:${JSON.stringify(config)}`])
  await cli.waitFor(readySentence)
  return {
    cli,
    otlp: otlp ?? '',
    events: `http://${events}/events`,
    admin: `http://${admin}/`,
    [Symbol.asyncDispose]: () => cli[Symbol.asyncDispose](),
  }
}

test('links that wait for their producers outlive kill -9', async () => {
  await using folder = await temporaryFolder()
  await using backend = await OtlpBackend.listen()
  const settings = { backend: backend.url, directory: folder.path }
  const count = 100
  const all = Array.from({ length: count }, (_, number) => number)
  const [early, late] = [all.slice(0, count / 2), all.slice(count / 2)]

  await using first = await run(settings)
  for (const number of early)
    expect(await sendOverHttp(first.otlp, tracesOf('mailer', [processed(number)]))).toBe(200)
  for (const number of late)
    expect(await sendOverHttp(first.otlp, tracesOf('shop', [created(number)]))).toBe(200)
  await closedBooks(first.admin)
  first.cli.child.kill('SIGKILL')

  await using second = await run(settings)
  expect(await sendOverHttp(second.otlp, tracesOf('shop', early.map(created)))).toBe(200)
  expect(await sendOverHttp(second.otlp, tracesOf('mailer', late.map(processed)))).toBe(200)

  const spans = await backend.waitForSpans(2 * count)
  const consumers = spans.filter(({ kind }) => kind === 'CONSUMER')
  expect(consumers).toHaveLength(count)
  for (const { spanId, links } of consumers) {
    expect(links.map((link) => link.spanId)).toEqual([`a${spanId.slice(1)}`])
  }
  const books = await closedBooks(second.admin)
  expect(books.find(({ kind, id }) => kind === 'processor' && id === 'cloudevents')).toMatchObject({
    in: count,
    created: count / 2,
    out: count + count / 2,
    held: 0,
  })
  second.cli.signal('SIGTERM')
  expect(await second.cli.exit).toBe(0)
})

test('events over HTTP become spans, and what is none is told and booked', async () => {
  await using folder = await temporaryFolder()
  await using backend = await OtlpBackend.listen()
  await using running = await run({ backend: backend.url, directory: folder.path })
  const event = { specversion: '1.0', id: 'e-1', source: '/shop', type: 'order.created' }
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b9c7c989f97918e1-01'
  const post = async (type: string, body: unknown): Promise<readonly unknown[]> => {
    const init = { method: 'POST', headers: { 'content-type': type }, body: JSON.stringify(body) }
    const response = await fetch(running.events, init)
    return [response.status, await response.json()]
  }

  expect(await post('application/cloudevents+json', { ...event, traceparent })).toEqual([
    202,
    { status: 'accepted' },
  ])
  expect(
    await post('application/cloudevents-batch+json', [{ ...event, id: 'e-2', traceparent }, { id: 'bad' }]),
  ).toEqual([200, { accepted: 1, rejected: [{ index: 1, reason: 'missing_specversion' }] }])
  expect(await post('application/json', {})).toMatchObject([415, { code: 'NOT_A_CLOUDEVENT' }])
  expect(await post('application/cloudevents+json', { ...event, type: '' })).toMatchObject([
    400,
    { code: 'MISSING_TYPE', error: expect.stringContaining('"type"') },
  ])

  const spans = await backend.waitForSpans(2)
  expect(spans.map(({ links }) => links[0]?.spanId)).toEqual(['b9c7c989f97918e1', 'b9c7c989f97918e1'])
  const books = await closedBooks(running.admin)
  expect(books.find(({ kind, id }) => kind === 'receiver' && id === 'cloudevents')).toMatchObject({
    out: 2,
    dropped: { missing_specversion: 1 },
  })
  running.cli.signal('SIGTERM')
  expect(await running.cli.exit).toBe(0)
})
