import { fileURLToPath } from 'node:url'

import type { Traces } from '@spanloom/core/traces'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { freeAddress } from './free-port.ts'
import { overHttp, pipelines } from './pipelines.ts'
import { type RunningProcess, startProcess } from './process.ts'
import { everyField, everyFieldTraces } from './sample-document.ts'
import { sendJson } from './send-traces.ts'
import { addressOf, startSpanloom } from './spanloom.ts'
import { type TemporaryFolder, temporaryFolder, tracesIn, waitForSpans } from './trace-files.ts'

const script = fileURLToPath(new URL('sdk-sender.ts', import.meta.url))
const otlp = { protocols: { http: { endpoint: '127.0.0.1:0' }, grpc: { endpoint: '127.0.0.1:0' } } }
const file = { path: 'out.json' }
const overHttpExporters = ['http/json', 'http/protobuf']
const exporters = ['grpc', ...overHttpExporters]
const endsWell = { code: 0, signal: null }

let resources: AsyncDisposableStack
let folder: TemporaryFolder

beforeEach(() => {
  resources = new AsyncDisposableStack()
  folder = resources.use(temporaryFolder())
})
afterEach(() => resources.disposeAsync())

describe('services with the official SDK', { timeout: 40_000 }, () => {
  test('deliver many spans with all that they hold', async () => {
    const spanloom = await start(pipelines({ all: { from: { otlp }, to: { file } } }))

    const reports = await Promise.all(
      exporters.map(async (exporter) => reportOf(await startService(exporter, spanloom, 300))),
    )

    expect(await spanloom.stop()).toEqual(endsWell)
    const traces = await tracesIn(folder.file(file.path))
    for (const [index, { ids, failures }] of reports.entries()) {
      const sent = sentBy(exporters[index] ?? '', traces)
      expect(failures).toEqual([])
      expect(idsOf(sent)).toEqual(ids.toSorted())
      expectFirstPair(sent)
    }
  })

  test('come again after our 503, and everything arrives once', async () => {
    const gateway = await startFull({})
    const services = []
    for (const exporter of overHttpExporters) {
      const service = await startService(exporter, gateway.process)
      const [, delay] = await service.waitForLine(/Scheduling export retry in (\d+)ms/)
      expect(['1000', '2000']).toContain(delay)
      services.push(service)
    }

    await gateway.open()
    const reports = await Promise.all(services.map(reportOf))
    const arrived = await gateway.drain()

    expect(reports.flatMap(({ failures }) => failures)).toEqual([])
    expect(idsOf(arrived)).toEqual(reports.flatMap(({ ids }) => ids).toSorted())
  })

  test('give up at our UNAVAILABLE over gRPC, whose exporter never comes again', async () => {
    const gateway = await startFull({})

    const { failures } = await reportOf(await startService('grpc', gateway.process))
    await gateway.open()

    expect(failures.join()).toContain('14 UNAVAILABLE: sending queue is full')
    expect((await gateway.drain()).spanCount).toBe(0)
  })

  test('wait for a full queue that blocks, and never hear of it', async () => {
    const gateway = await startFull({ block_on_overflow: true })
    const services = await Promise.all(exporters.map((exporter) => startService(exporter, gateway.process)))

    await gateway.open()
    const reports = await Promise.all(services.map(reportOf))
    const arrived = await gateway.drain()

    expect(reports.flatMap(({ failures }) => failures)).toEqual([])
    expect(idsOf(arrived)).toEqual(reports.flatMap(({ ids }) => ids).toSorted())
    expect(gateway.process.stderr()).not.toContain('Rejecting data')
  })
})

async function start(config: object): Promise<RunningProcess> {
  return resources.use(await startSpanloom({ dir: folder.path, config }))
}

/** Starts a service whose SDK sends `count` pairs of spans to a running command. */
async function startService(exporter: string, spanloom: RunningProcess, count = 1): Promise<RunningProcess> {
  const url =
    exporter === 'grpc'
      ? `http://${addressOf(spanloom, 'otlp', 'GRPC')}`
      : `http://${addressOf(spanloom, 'otlp', 'HTTP')}/v1/traces`
  const service = await startProcess({
    command: process.execPath,
    args: [script, exporter, url, String(count)],
    env: {
      OTEL_EXPORTER_OTLP_TRACES_COMPRESSION: exporter === 'http/json' ? 'none' : 'gzip',
      OTEL_EXPORTER_OTLP_TIMEOUT: '20000',
    },
    ready: /A batch is on its way/,
  })
  return resources.use(service)
}

interface Report {
  readonly ids: readonly string[]
  readonly failures: readonly string[]
}

async function reportOf(service: RunningProcess): Promise<Report> {
  const [, json = ''] = await service.waitForLine(/^Done: (.*)$/, { on: 'stdout' })
  expect(await service.exited).toEqual(endsWell)
  return JSON.parse(json)
}

/** Starts a command whose queue has room for one request, and that is taken until a backend opens. */
async function startFull(queue: object) {
  const backend = await freeAddress()
  const to = {
    otlp_http: {
      endpoint: `http://${backend}`,
      sending_queue: { queue_size: 1, num_consumers: 1, ...queue },
      retry_on_failure: { initial_interval: '20ms', max_interval: '20ms' },
    },
  }
  const gateway = await start(pipelines({ all: { from: { otlp }, to } }))
  expect(await sendJson(addressOf(gateway, 'otlp', 'HTTP'), JSON.stringify(everyField))).toBe(200)
  return {
    process: gateway,
    async open() {
      await start(pipelines({ all: { from: { otlp: overHttp(backend) }, to: { file } } }))
    },
    /** Ends the command and tells what the backend got of services. */
    async drain() {
      // A stop does not wait for what is to be tried again later (EXP-60).
      await waitForSpans(folder.file(file.path), everyFieldTraces.spanCount)
      expect(await gateway.stop()).toEqual(endsWell)
      const arrived = await tracesIn(folder.file(file.path))
      const fromServices = arrived.filter(({ resource }) => resource.attribute('service.name') === 'sdk')
      expect(arrived.spanCount - fromServices.spanCount).toBe(everyFieldTraces.spanCount)
      return fromServices
    },
  }
}

const sentBy = (exporter: string, traces: Traces): Traces =>
  traces.filter(({ resource }) => resource.attribute('sdk.exporter') === exporter)

const idsOf = (traces: Traces): readonly string[] =>
  Array.from(traces.spans(), ({ spanId }) => spanId).toSorted()

/** Checks all fields of the first pair of spans that a service made. */
function expectFirstPair(traces: Traces): void {
  const spans = Array.from(traces.spans())
  const child = spans.find((span) => span.attribute('index') === 0)
  const parent = spans.find(({ spanId }) => spanId === child?.parentSpanId)
  const { traceId, spanId } = parent ?? {}
  expect(parent).toMatchObject({
    name: 'parent',
    parentSpanId: '',
    kind: 'SERVER',
    status: { code: 'UNSET' },
  })
  expect(child).toMatchObject({
    traceId,
    name: 'child',
    kind: 'CLIENT',
    startTimeUnixNano: 1_700_000_000_000_000_000n,
    endTimeUnixNano: 1_700_000_001_500_000_000n,
    status: { code: 'ERROR', message: 'It broke.' },
    events: [{ name: 'halfway', timeUnixNano: 1_700_000_000_500_000_000n, attributes: { step: 2 } }],
    links: [{ traceId, spanId, attributes: { why: 'test' } }],
    scope: { name: 'sdk-sender', version: '1.2.3' },
  })
  expect({ ...child?.attributes }).toEqual({
    text: 'é ✓',
    yes: true,
    whole: 42,
    fraction: 0.25,
    list: ['a', 'b'],
    index: 0,
  })
}
