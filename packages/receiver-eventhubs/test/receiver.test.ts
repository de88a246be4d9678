import { gzipSync } from 'node:zlib'

import {
  type Component,
  PermanentError,
  RetryableError,
  span,
  type Span,
  toOtlpJson,
  Traces,
} from '@spanloom/core'
import {
  createComponent,
  fakeClock,
  type FakeClock,
  MemoryStorage,
  testHost,
  testTelemetry,
  type TestTelemetry,
  TracesSink,
} from '@spanloom/core/testing'
import { MemoryPartition } from '@spanloom/eventhubs/testing'
import { azureEventHubReceiver } from '@spanloom/receiver-eventhubs'
import { afterEach, describe, expect, it, vi } from 'vitest'

import { defineAzureEventHubReceiver } from '../src/azure-event-hub-receiver.ts'
import { decodeEvent } from '../src/decode-event.ts'

const connection =
  'Endpoint=sb://acme.servicebus.windows.net/;SharedAccessKeyName=n;SharedAccessKey=c2VjcmV0;EntityPath=hub'
const dead_letters = { storage: 'file_storage' }
const owner = { kind: 'receiver', id: 'azure_event_hub', pipeline: 'dead_letters' } as const
let running: Component | undefined

afterEach(async () => {
  await running?.shutdown(AbortSignal.timeout(2_000))
})

interface Setup {
  readonly next: TracesSink
  readonly telemetry: TestTelemetry
  readonly clock: FakeClock
  readonly storage: MemoryStorage
  readonly partition: MemoryPartition
}

async function setup(given: Partial<Setup> = {}, settings: object = { dead_letters }): Promise<Setup> {
  const clock = given.clock ?? fakeClock()
  const parts = {
    next: new TracesSink(),
    telemetry: testTelemetry(),
    storage: new MemoryStorage(clock),
    partition: new MemoryPartition(),
    ...given,
    clock,
  }
  const factory = defineAzureEventHubReceiver((options) => parts.partition.consumer(options))
  running = createComponent(factory, { connection, ...settings }, parts)
  await running.start(testHost({ file_storage: parts.storage.extension() }))
  return parts
}

function spanOf(id: number): Span {
  return span({
    traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
    spanId: id.toString(16).padStart(16, '0'),
    name: `span ${id}`,
    startTime: 1_793_000_000_000_000_000n,
  })
}

const proto = (id: number): Buffer => Traces.of([spanOf(id)]).toProtobuf()
const json = (id: number): string => toOtlpJson(Traces.of([spanOf(id)]))
const names = ({ next }: Pick<Setup, 'next'>): readonly string[] => next.spans.map(({ name }) => name)

describe('an event', () => {
  const properties = Object.create(null) as Record<string, unknown>
  const decode = (
    body: Uint8Array | string,
    more: Partial<Parameters<typeof decodeEvent>[0]> = {},
    encoding: 'auto' | 'otlp_json' = 'auto',
  ): Traces =>
    decodeEvent({ body: Buffer.from(body), properties, ...more }, { encoding, maxBodySize: 10_000 })

  it('is protobuf or JSON, by its content type, its header, or its looks', () => {
    const json1 = json(1)
    for (const traces of [
      decode(proto(1)),
      decode(json1),
      decode(`\uFEFF \n${json1}`),
      decode(proto(1), { contentType: 'application/x-protobuf' }),
      decode(json1, { contentType: 'application/json; charset=utf-8' }),
      decode(json1, { properties: { 'content-type': 'application/json' } }),
      decode(json1, { contentType: 'application/octet-stream' }),
      decode(json1, {}, 'otlp_json'),
      decode(gzipSync(proto(1)), { properties: { 'content-encoding': 'gzip' } }),
      decode(gzipSync(json1)),
    ]) {
      expect([...traces.spans()].map(({ name }) => name)).toEqual(['span 1'])
    }
  })

  it.each([
    ['nonsense', {}, 'not_otlp'],
    [json(1), { contentType: 'application/x-protobuf' }, 'not_otlp'],
    [Buffer.from([0x7b, 0x22, 0xff, 0xfe]), {}, 'not_otlp'],
    ['{"secret":1}', {}, 'no_spans'],
    ['', {}, 'no_spans'],
    ['x'.repeat(10_001), {}, 'too_large'],
    [gzipSync('x'.repeat(100_000)), {}, 'too_large'],
    ['plain', { properties: { 'content-encoding': 'gzip' } }, 'not_gzip'],
    [gzipSync(json(1)).subarray(0, 40), {}, 'not_gzip'],
    ['{"resourceSpans":['.repeat(500), {}, 'not_otlp'],
  ])('that is none is rejected: %#', (body, more, reason) => {
    expect(() => decode(body, more)).toThrow(expect.objectContaining({ reason, permanent: true }))
  })
})

it('hands on fragments as they are, and says how they came', async () => {
  const run = await setup()
  run.partition.append(proto(1))
  await run.next.waitForSpans(1)

  expect(run.next.spans[0]).toMatchObject({ endTimeUnixNano: 0n, name: 'span 1' })
  expect(run.next.contexts[0]).toMatchObject({ transport: 'amqp' })
})

it('keeps poison aside with its reason and goes on', async () => {
  const run = await setup()
  run.partition.append(proto(1))
  run.partition.append('secret nonsense', { sequenceNumber: 41 })
  run.partition.append(proto(2))
  await vi.waitFor(() => expect(run.partition.checkpoint).toBe(3))

  expect(names(run)).toEqual(['span 1', 'span 2'])
  const queue = run.storage.queueOf(owner)
  const [letter] = queue.deadLetters
  expect(letter?.lastError).toMatch(/^permanent_error: not_otlp: The event is no OTLP/)
  expect(Buffer.from(queue.body(letter?.id ?? 0) ?? []).toString()).toBe('secret nonsense')
  expect(Buffer.from(letter?.attributes ?? []).toString()).toContain('["sequence_number",["41"]]')
  expect(JSON.stringify(run.telemetry.logger.lines)).not.toContain('secret')
})

it('keeps aside only the event that the pipeline refuses for good', async () => {
  const run = await setup()
  const { next } = run
  const consume = next.consumeTraces.bind(next)
  next.consumeTraces = (traces, context) =>
    [...traces.spans()].some(({ name }) => name === 'span 2')
      ? Promise.reject(new PermanentError('DATA_REFUSED', 'Nobody wants this.'))
      : consume(traces, context)
  for (const id of [1, 2, 3]) run.partition.append(proto(id))
  await vi.waitFor(() => expect(run.partition.checkpoint).toBe(3))

  expect(names(run)).toEqual(['span 1', 'span 3'])
  expect(run.telemetry.dropped.get('refused')).toBe(1)
  expect(run.storage.queueOf(owner).deadLetters.map(({ lastError }) => lastError)).toEqual([
    'permanent_error: refused: Nobody wants this.',
  ])
})

it('waits while the pipeline refuses, and leaves one letter for each poison event', async () => {
  const run = await setup()
  run.next.refuseWith(new RetryableError('QUEUE_FULL', 'The queue is full.'))
  run.partition.append('nonsense')
  run.partition.append(proto(1))
  await vi.waitFor(async () => {
    await run.clock.advance(1_000)
    expect(run.partition.handed).toBeGreaterThan(3)
  })
  run.next.refuseWith(undefined)
  await vi.waitFor(async () => {
    await run.clock.advance(1_000)
    expect(run.partition.checkpoint).toBe(2)
  })

  expect(names(run)).toEqual(['span 1'])
  expect(run.storage.queueOf(owner).deadLetters).toHaveLength(1)
})

it('waits while the storage takes no dead letters', async () => {
  const run = await setup()
  run.storage.refuse()
  run.partition.append('nonsense')
  await vi.waitFor(() => expect(run.partition.handed).toBe(1))
  expect(run.partition.checkpoint).toBe(0)
  run.storage.mend()
  await vi.waitFor(async () => {
    await run.clock.advance(1_000)
    expect(run.partition.checkpoint).toBe(1)
  })
})

it('counts and drops poison where nothing is kept', async () => {
  const run = await setup({}, {})
  run.partition.append('nonsense')
  await vi.waitFor(() => expect(run.partition.checkpoint).toBe(1))
  expect(run.telemetry.logger.lines.at(-1)?.fields).toMatchObject({ reason: 'not_otlp', kept: false })
})

it('tries revived letters again at the next start', async () => {
  const run = await setup({}, { dead_letters, encoding: 'otlp_proto' })
  run.partition.append(json(1))
  run.partition.append('nonsense')
  await vi.waitFor(() => expect(run.partition.checkpoint).toBe(2))
  await running?.shutdown(AbortSignal.timeout(2_000))
  const queue = run.storage.queueOf(owner)
  const letters = queue.deadLetters.map(({ id }) => id)
  queue.revive(letters, 0)

  await setup({ ...run })
  await vi.waitFor(() => expect(queue.stats()).toMatchObject({ pending: 0, dead: 1 }))
  expect(names(run)).toEqual(['span 1'])
})

it('names what is wrong with its settings', () => {
  expect(() => createComponent(azureEventHubReceiver, {})).toThrow(/connection/)
  expect(() => createComponent(azureEventHubReceiver, { connection, dead_letters: {} })).toThrow(/storage/)
})
