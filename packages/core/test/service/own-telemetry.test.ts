import { span, Traces } from '@spanloom/core'
import { describe, expect, test } from 'vitest'

import { RetryableError } from '../../src/errors/errors.ts'
import { testCollector, type TestCollector, type TestConfig } from './recording.ts'

const never = new AbortController().signal
const context = { signal: never, transport: 'http' }
const batch = (count = 1): Traces =>
  Traces.of(
    Array.from({ length: count }, () =>
      span({ traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', name: 'a' }),
    ),
  )
const pull = { readers: [{ pull: { exporter: { prometheus: { host: 'localhost', port: 0 } } } }] }

async function scrape({ collector }: TestCollector): Promise<string> {
  return (await fetch(`http://localhost:${collector.metricsPorts[0]}/metrics`)).text()
}

describe('own metrics', () => {
  const pipeline: TestConfig = {
    pipelines: { traces: { receivers: ['in'], processors: ['p'], exporters: ['out'] } },
    telemetry: { metrics: pull },
  }

  test('begin with 0 in a fresh process (vector 42, TEL-11)', async () => {
    const recorded = await testCollector(pipeline)
    await recorded.collector.start()

    const text = await scrape(recorded)

    for (const line of [
      'otelcol_receiver_accepted_spans{receiver="in"} 0',
      'otelcol_receiver_refused_spans{receiver="in"} 0',
      'otelcol_receiver_failed_spans{receiver="in"} 0',
      'otelcol_receiver_requests{receiver="in",outcome="success"} 0',
      'otelcol_receiver_requests{receiver="in",outcome="refused"} 0',
      'otelcol_receiver_requests{receiver="in",outcome="failure"} 0',
      'otelcol_processor_incoming_items{processor="p",otel_signal="traces"} 0',
      'otelcol_processor_outgoing_items{processor="p",otel_signal="traces"} 0',
    ]) {
      expect(text).toContain(`${line}\n`)
    }
    expect(text).toMatch(
      /^target_info{service_name="spanloom",service_version="0\.0\.0-test",service_instance_id="[0-9a-f-]{36}"} 1$/m,
    )
    expect(text).not.toContain('otelcol_processor_internal_duration')
    await recorded.collector.shutdown(never)
  })

  test('count on the edges what passes, is refused and fails (12.2)', async () => {
    const recorded = await testCollector(pipeline)
    const { collector, consumers, next, telemetry } = recorded
    await collector.start()
    await next.get('in')?.consumeTraces(batch(3), context)
    consumers.set('out', () => Promise.reject(new RetryableError('FULL', 'full')))
    await expect(next.get('in')?.consumeTraces(batch(2), context)).rejects.toThrow('full')
    telemetry.get('in')?.accounting.failed?.(4, 'http')
    telemetry.get('p')?.accounting.dropped(5, 'too_old')

    const text = await scrape(recorded)

    for (const line of [
      'otelcol_receiver_accepted_spans{receiver="in",transport="http"} 3',
      'otelcol_receiver_refused_spans{receiver="in",transport="http"} 2',
      'otelcol_receiver_failed_spans{receiver="in",transport="http"} 4',
      'otelcol_receiver_requests{receiver="in",transport="http",outcome="success"} 1',
      'otelcol_receiver_requests{receiver="in",transport="http",outcome="refused"} 1',
      'otelcol_receiver_requests{receiver="in",transport="http",outcome="failure"} 1',
      'otelcol_processor_incoming_items{processor="p",otel_signal="traces"} 5',
      'otelcol_processor_outgoing_items{processor="p",otel_signal="traces"} 5',
      'otelcol_processor_dropped_spans{processor="p",pipeline="traces",reason="too_old"} 5',
    ]) {
      expect(text).toContain(`${line}\n`)
    }
    await collector.shutdown(never)
  })

  test('at level detailed measure the time that a processor takes itself', async () => {
    const recorded = await testCollector({
      ...pipeline,
      telemetry: { metrics: { ...pull, level: 'Detailed' } },
    })
    const { collector, next } = recorded
    await collector.start()
    await next.get('in')?.consumeTraces(batch(), context)

    expect(await scrape(recorded)).toContain(
      'otelcol_processor_internal_duration_count{processor="p",otel_signal="traces"} 1\n',
    )
    await collector.shutdown(never)
  })

  test('a taken port stops the start before any component is started', async () => {
    const first = await testCollector(pipeline)
    await first.collector.start()
    const port = first.collector.metricsPorts[0]
    const second = await testCollector({
      ...pipeline,
      telemetry: {
        metrics: { readers: [{ pull: { exporter: { prometheus: { host: 'localhost', port } } } }] },
      },
    })

    await expect(second.collector.start()).rejects.toThrow(
      `listen tcp localhost:${port}: address already in use`,
    )

    expect(second.events).toEqual([])
    await first.collector.shutdown(never)
  })
})

describe('the books of each component (TEL-10)', () => {
  test('balance, and data that was refused is on neither side', async () => {
    const { collector, consumers, next, telemetry } = await testCollector({
      pipelines: { traces: { receivers: ['in'], processors: ['p'], exporters: ['a', 'b'] } },
    })
    consumers.set('p', async (traces, given) => {
      const { accounting } = telemetry.get('p') ?? {}
      accounting?.dropped(1, 'filtered')
      accounting?.merged(2)
      accounting?.created(1)
      const [rest = Traces.empty] = traces.split(traces.spanCount - 2, 'items')
      await next.get('p')?.consumeTraces(rest, given)
    })
    telemetry.get('b')?.accounting.held(() => 3)
    await next.get('in')?.consumeTraces(batch(10), context)
    consumers.set('p', () => Promise.reject(new RetryableError('FULL', 'full')))
    await next
      .get('in')
      ?.consumeTraces(batch(7), context)
      .catch(() => undefined)

    const books = new Map(collector.accounting().map((reading) => [reading.id, reading]))

    expect(books.get('in')).toMatchObject({ in: 10, out: 10, refused: 7 })
    expect(books.get('p')).toMatchObject({
      kind: 'processor',
      pipelines: ['traces'],
      in: 10,
      created: 1,
      out: 8,
      dropped: { filtered: 1 },
      merged: 2,
      refused: 7,
    })
    expect(books.get('a')).toMatchObject({ in: 8, out: 8, held: 0 })
    expect(books.get('b')).toMatchObject({ in: 8, held: 3 })
  })

  test('an exporter with a queue tells itself what was sent', async () => {
    const { collector, next, telemetry } = await testCollector({
      pipelines: { traces: { receivers: ['in'], exporters: ['out'] } },
    })
    telemetry.get('out')?.accounting.sent?.(0)
    await next.get('in')?.consumeTraces(batch(5), context)
    telemetry.get('out')?.accounting.sent?.(2)
    expect(collector.accounting().find(({ id }) => id === 'out')).toMatchObject({ in: 5, out: 2 })
  })
})

test('data that one pipeline changes reaches the other as it was, and the same object where nobody changes it (CMP-08)', async () => {
  const { consumers, next } = await testCollector({
    pipelines: {
      'traces/changing': { receivers: ['in'], processors: ['change'], exporters: ['a'] },
      'traces/plain': { receivers: ['in'], exporters: ['b', 'c'] },
    },
  })
  const got = new Map<string, Traces>()
  for (const id of ['a', 'b', 'c']) consumers.set(id, async (traces) => void got.set(id, traces))
  consumers.set('change', async (traces, given) =>
    next.get('change')?.consumeTraces(
      traces.map((each) => each.with({ name: 'changed' })),
      given,
    ),
  )
  const original = batch()

  await next.get('in')?.consumeTraces(original, context)

  expect([...(got.get('a')?.spans() ?? [])].map(({ name }) => name)).toEqual(['changed'])
  expect(got.get('b')).toBe(original)
  expect(got.get('c')).toBe(original)
  expect([...original.spans()].map(({ name }) => name)).toEqual(['a'])
})

test('data without spans goes no further than the receiver (CMP-06)', async () => {
  const { consumers, next } = await testCollector({
    pipelines: { traces: { receivers: ['in'], exporters: ['out'] } },
  })
  consumers.set('out', () => Promise.reject(new Error('called')))
  await expect(next.get('in')?.consumeTraces(Traces.empty, context)).resolves.toBeUndefined()
})

test('JSON log lines carry the fields of their component and the resource (LOG-02, LOG-03, vector 43)', async () => {
  const { stderr, telemetry } = await testCollector({
    pipelines: {
      'traces/a': { receivers: ['in'], processors: ['p'], exporters: ['join'] },
      'traces/b': { receivers: ['in', 'join'], exporters: ['out'] },
    },
    connectors: ['join'],
    extensions: ['health'],
    telemetry: {
      logs: { encoding: 'json' },
      metrics: { level: 'none' },
      resource: { 'service.name': 'mine', 'service.instance.id': 'one', 'service.version': null },
    },
  })
  for (const id of ['in', 'p', 'join', 'out', 'health']) telemetry.get(id)?.logger.info('Hello.')

  const lines = stderr.lines.map((line) => JSON.parse(line))
  const own = (fields: Record<string, unknown>) => ({
    level: 'info',
    ts: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    caller: expect.stringMatching(/own-telemetry\.test\.ts:\d+$/),
    msg: 'Hello.',
    resource: { 'service.name': 'mine', 'service.instance.id': 'one' },
    ...fields,
  })
  const component = (kind: string, id: string) => ({
    'otelcol.component.kind': kind,
    'otelcol.component.id': id,
  })
  const signal = { 'otelcol.signal': 'traces' }
  expect(lines).toEqual([
    own({ ...component('receiver', 'in'), ...signal }),
    own({ ...component('processor', 'p'), ...signal, 'otelcol.pipeline.id': 'traces/a' }),
    own({ ...component('connector', 'join'), ...signal, 'otelcol.signal.output': 'traces' }),
    own({ ...component('exporter', 'out'), ...signal }),
    own(component('extension', 'health')),
  ])
})

test('the stability of an unripe component is logged at info, of others at debug (RUN-05)', async () => {
  const { collector, stderr } = await testCollector({
    pipelines: { traces: { receivers: ['in'], exporters: ['out'] } },
    telemetry: { logs: { level: 'debug' }, metrics: { level: 'none' } },
  })
  await collector.start()
  expect(
    stderr.lines.filter((line) => line.includes('"stability":"beta"')).map((line) => line.split('\t')[1]),
  ).toEqual(['debug', 'debug'])
  await collector.shutdown(never)
})
