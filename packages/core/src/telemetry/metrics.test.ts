import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

import { afterEach, describe, expect, test } from 'vitest'

import { systemClock } from '../clock/clock.ts'
import { pipelineInstruments, type MetricsLevel } from './instruments.ts'
import { createMetrics, type MetricsSettings, type OwnMetrics } from './metrics.ts'
import type { PushSettings } from './otlp-push.ts'

const build = { command: 'spanloom', version: '1.2.3' }
const resource = { 'service.name': 'spanloom', 'service.instance.id': 'one' }
const open: { shutdown(): Promise<void> }[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.shutdown()))
})

const pushTo = (endpoint: string): PushSettings => ({
  protocol: 'http',
  endpoint,
  headers: { authorization: 'Bearer x' },
  compression: 'none',
  timeoutMs: 5000,
  temporality: 'cumulative',
  insecure: false,
  caFile: undefined,
  certFile: undefined,
  keyFile: undefined,
})

async function createStarted(settings: Partial<MetricsSettings> = {}): Promise<OwnMetrics> {
  const metrics = await createMetrics(
    { level: 'normal', pull: [{ host: 'localhost', port: 0 }], push: [], views: [], ...settings },
    resource,
    build,
    systemClock,
  )
  open.push(metrics)
  await metrics.start()
  return metrics
}

async function scrape(metrics: OwnMetrics, path = '/metrics', method = 'GET'): Promise<Response> {
  return fetch(`http://localhost:${metrics.ports[0]}${path}`, { method })
}

describe('the Prometheus page', () => {
  test('has names as written, without suffixes, and the resource in target_info', async () => {
    const metrics = await createStarted()
    pipelineInstruments(metrics.meter, 'normal').receiverAccepted.add(3, {
      receiver: 'otlp',
      transport: 'grpc',
    })
    metrics.meter.createCounter('own_total').add(1)

    const response = await scrape(metrics)
    const text = await response.text()

    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
    expect(text).toContain('# TYPE otelcol_receiver_accepted_spans counter\n')
    expect(text).toContain('otelcol_receiver_accepted_spans{receiver="otlp",transport="grpc"} 3\n')
    expect(text).toContain('own_total 1')
    expect(text).toContain('target_info{service_name="spanloom",service_instance_id="one"} 1')
    expect(text).not.toContain('accepted_spans_total')
    expect(text).not.toContain('otel_scope')
  })

  test('has the metrics of the process from the start (vector 42)', async () => {
    const text = await (await scrape(await createStarted())).text()
    for (const name of [
      'otelcol_process_uptime',
      'otelcol_process_cpu_seconds',
      'otelcol_process_memory_rss',
      'otelcol_process_runtime_heap_alloc_bytes',
      'otelcol_process_runtime_total_sys_memory_bytes',
    ]) {
      expect(text).toMatch(new RegExp(`^${name} [0-9.e+]+$`, 'm'))
    }
  })

  test('shows each metric once, however many components observe it', async () => {
    const metrics = await createStarted()
    for (const exporter of ['a', 'b']) {
      metrics.meter
        .createObservableGauge('otelcol_exporter_queue_size')
        .addCallback((result) => result.observe(1, { exporter }))
    }

    const text = await (await scrape(metrics)).text()

    expect(text.match(/# TYPE otelcol_exporter_queue_size /g)).toHaveLength(1)
    expect(text).toContain('otelcol_exporter_queue_size{exporter="a"} 1')
    expect(text).toContain('otelcol_exporter_queue_size{exporter="b"} 1')
  })

  test('answers 404 and 405 to anything else', async () => {
    const metrics = await createStarted()
    expect((await scrape(metrics, '/')).status).toBe(404)
    expect((await scrape(metrics, '/metrics', 'POST')).status).toBe(405)
  })

  test('a taken port is an error that names the address', async () => {
    const first = await createStarted()
    const port = first.ports[0] ?? 0
    await expect(createStarted({ pull: [{ host: 'localhost', port }] })).rejects.toThrow(
      `failed to serve own metrics: listen tcp localhost:${port}: address already in use`,
    )
  })
})

describe('levels (section 12.2)', () => {
  const namesAt = async (level: MetricsLevel): Promise<string> => {
    const metrics = await createStarted({ level })
    metrics.meter.createHistogram('otelcol_processor_batch_batch_send_size').record(1)
    metrics.meter.createHistogram('otelcol_exporter_enqueue_size').record(1)
    metrics.meter
      .createCounter('otelcol_exporter_send_failed_spans')
      .add(1, { exporter: 'a', 'error.type': 'Unavailable', 'error.permanent': false })
    return (await scrape(metrics)).text()
  }

  test('basic leaves out what is normal or detailed', async () => {
    const text = await namesAt('basic')
    expect(text).toContain('otelcol_exporter_send_failed_spans{exporter="a"} 1')
    expect(text).not.toContain('batch_send_size')
    expect(text).not.toContain('enqueue_size')
  })

  test('normal leaves out what is detailed', async () => {
    const text = await namesAt('normal')
    expect(text).toContain('otelcol_processor_batch_batch_send_size_count 1')
    expect(text).not.toContain('enqueue_size')
    expect(text).not.toContain('error_type')
  })

  test('detailed has everything', async () => {
    const text = await namesAt('detailed')
    expect(text).toContain('otelcol_exporter_enqueue_size_count 1')
    expect(text).toContain('error_type="Unavailable"')
  })

  test('none opens no port', async () => {
    const metrics = await createStarted({ level: 'none' })
    expect(metrics.ports).toEqual([])
  })
})

test('views rename, narrow and drop at level detailed', async () => {
  const metrics = await createStarted({
    level: 'detailed',
    views: [
      { instrumentName: 'gone', drop: true },
      { instrumentName: 'kept', included: ['a'], name: 'renamed' },
    ],
  })
  metrics.meter.createCounter('gone').add(1)
  metrics.meter.createCounter('kept').add(1, { a: 'x', b: 'y' })

  const text = await (await scrape(metrics)).text()

  expect(text).not.toContain('gone')
  expect(text).toContain('renamed{a="x"} 1')
})

test('a periodic reader pushes the last readings at shutdown', async () => {
  const bodies: { url: string | undefined; auth: string | undefined; text: string }[] = []
  const server: Server = createServer((request, response) => {
    let text = ''
    request.on('data', (chunk) => (text += chunk))
    request.on('end', () => {
      bodies.push({ url: request.url, auth: request.headers.authorization, text })
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const metrics = await createStarted({
    pull: [],
    push: [
      {
        intervalMs: 3_600_000,
        timeoutMs: 5000,
        exporter: pushTo(`http://127.0.0.1:${port}`),
      },
    ],
  })
  metrics.meter.createCounter('otelcol_receiver_accepted_spans').add(5)

  await metrics.shutdown()
  await new Promise((resolve) => server.close(resolve))

  expect(bodies).toHaveLength(1)
  expect(bodies[0]).toMatchObject({ url: '/v1/metrics', auth: 'Bearer x' })
  expect(bodies[0]?.text).toContain('otelcol_receiver_accepted_spans')
})
