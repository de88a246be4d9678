import { ConfigError, span, type Span, Traces } from '@spanloom/core'
import {
  createComponent,
  fakeClock,
  MemoryStorage,
  testHost,
  testTelemetry,
  type TestTelemetry,
  type FakeClock,
} from '@spanloom/core/testing'
import type { OutgoingEvent } from '@spanloom/eventhubs'
import { azureEventHubExporter } from '@spanloom/exporter-eventhubs'
import { afterEach, describe, expect, it, vi } from 'vitest'

import { defineAzureEventHubExporter } from '../src/azure-event-hub-exporter.ts'
import { decodeFrames } from '../src/frames.ts'
import { MemoryHub } from './memory-producer.ts'

const connection =
  'Endpoint=sb://acme.servicebus.windows.net/;SharedAccessKeyName=n;SharedAccessKey=c2VjcmV0;EntityPath=hub'
const { signal } = new AbortController()
let stop: () => Promise<void> = () => Promise.resolve()

afterEach(async () => {
  await stop()
})

interface Running {
  readonly hub: MemoryHub
  readonly telemetry: TestTelemetry
  readonly clock: FakeClock
  readonly storage: MemoryStorage
  readonly send: (spans: readonly Span[]) => Promise<void>
}

async function running(settings: Readonly<Record<string, unknown>> = {}): Promise<Running> {
  const hub = new MemoryHub()
  const telemetry = testTelemetry()
  const clock = fakeClock()
  const storage = new MemoryStorage(clock)
  const exporter = createComponent(
    defineAzureEventHubExporter(() => hub.producer()),
    { connection, ...settings },
    { telemetry, clock },
  )
  await exporter.start(testHost({ file_storage: storage.extension() }))
  stop = () => exporter.shutdown(AbortSignal.timeout(2_000))
  return {
    hub,
    telemetry,
    clock,
    storage,
    send: (spans) => exporter.consumeTraces(Traces.of(spans), { signal }),
  }
}

const directly = { sending_queue: { enabled: false }, retry_on_failure: { enabled: false } }

function spanOf(trace: number, id: number, attributes: Record<string, string> = {}): Span {
  return span({
    traceId: trace.toString(16).padStart(32, '0'),
    spanId: id.toString(16).padStart(16, '0'),
    name: 'order',
    startTime: 1_793_000_000_000_000_000n,
    endTime: 1_793_000_001_000_000_000n,
    attributes,
    resource: { 'service.name': 'shop' },
  })
}

function idsIn({ body }: OutgoingEvent): readonly string[] {
  return [...Traces.fromProtobuf(body).spans()].map(({ spanId }) => spanId.replace(/^0+/, ''))
}

describe('the partition key', () => {
  const spans = [spanOf(1, 1, { tenant: 'a' }), spanOf(2, 2, { tenant: 'b' }), spanOf(1, 3, { tenant: 'b' })]
  const partitions = async (partition_key?: string): Promise<readonly unknown[]> => {
    const { hub, send } = await running({ ...directly, ...(partition_key && { partition_key }) })
    await send(spans)
    return hub.events.map((event) => [event.partitionKey?.replace(/^0+/, ''), idsIn(event)])
  }

  it('is the trace, an attribute, or none', async () => {
    expect(await partitions()).toEqual([
      ['1', ['1', '3']],
      ['2', ['2']],
    ])
    expect(await partitions('{span:tenant}')).toEqual([
      ['a', ['1']],
      ['b', ['2', '3']],
    ])
    expect(await partitions('{resource:service.name}-x')).toEqual([['shop-x', ['1', '2', '3']]])
    expect(await partitions('none')).toEqual([[undefined, ['1', '2', '3']]])
  })

  it('is the trace where an attribute is missing or too long for the service', async () => {
    const { hub, send } = await running({ ...directly, partition_key: '{span:tenant}' })
    await send([spanOf(1, 1), spanOf(2, 2, { tenant: 'x'.repeat(129) })])
    expect(hub.events.map(({ partitionKey }) => partitionKey?.replace(/^0+/, ''))).toEqual(['1', '2'])
  })

  it('keeps together what one assembler has to see', async () => {
    const { hub, send } = await running({ ...directly, partition_key: 'assembly' })
    await send([
      spanOf(1, 1, { 'spanloom.key': 'run/1', 'spanloom.group': 'g' }),
      spanOf(2, 2, { 'spanloom.key': 'run/1' }),
      spanOf(3, 3),
    ])
    expect(hub.events.map(({ partitionKey }) => partitionKey?.replace(/^0+/, ''))).toEqual([
      'g',
      'run/1',
      '3',
    ])
  })
})

describe('what is too large', () => {
  const large = spanOf(9, 9, { blob: 'x'.repeat(5_000) })

  it('is cut at the limits, span by span', async () => {
    const { hub, send } = await running({ ...directly, batch_size: 3_000, partition_key: 'none' })
    await send(Array.from({ length: 100 }, (_, index) => spanOf(1, index + 1)))
    expect(hub.events.length).toBeGreaterThan(1)
    expect(Math.max(...hub.events.map(({ body }) => body.length))).toBeLessThanOrEqual(3_000)
    expect(hub.events.flatMap(idsIn)).toHaveLength(100)
  })

  it.each(['otlp_proto', 'otlp_json'])(
    'is cut again when the hub takes less than was known, as %s',
    async (encoding) => {
      const { hub, send } = await running({ ...directly, encoding, partition_key: 'none' })
      hub.maxEventSize = 2_000
      await send(Array.from({ length: 60 }, (_, index) => spanOf(1, index + 1)))
      expect(Math.max(...hub.events.map(({ body }) => body.length))).toBeLessThanOrEqual(2_000)
      expect(hub.events.length).toBeGreaterThan(1)
    },
  )

  it('is a dead letter that says why, while the rest goes', async () => {
    const { hub, send, storage, clock, telemetry } = await running({
      sending_queue: { storage: 'file_storage' },
    })
    hub.maxEventSize = 4_000
    await send([spanOf(1, 1), large, spanOf(2, 2)])
    const queue = storage.queueOf({ kind: 'exporter', id: 'azure_event_hub' })

    await vi.waitFor(async () => {
      await clock.advance(1_000)
      expect(queue.stats().dead).toBe(1)
    })

    expect(hub.events.flatMap(idsIn)).toEqual(['1', '2'])
    const [dead] = queue.deadLetters
    expect(dead?.lastError).toMatch(/A span takes 5\d\d\d bytes as an event, and the hub takes 4000 at most/)
    expect(decodeFrames(queue.body(dead?.id ?? 0) ?? new Uint8Array()).map(({ spans }) => spans)).toEqual([1])
    expect(JSON.stringify(telemetry.logger.lines)).not.toContain('xxxxx')
  })

  it('is refused for good when it is alone', async () => {
    const { hub, send } = await running(directly)
    hub.maxEventSize = 4_000
    await expect(send([large])).rejects.toMatchObject({ code: 'EVENT_TOO_LARGE', permanent: true })
    expect(hub.events).toEqual([])
  })
})

it('sends only what was not stored yet after a failure on the way', async () => {
  const { hub, send, clock } = await running({
    batch_size: 1_000,
    max_in_flight: 1,
    partition_key: 'none',
    sending_queue: { enabled: false },
  })
  let calls = 0
  hub.decide = () => (++calls === 3 ? 'busy' : 'take')
  const sending = send(Array.from({ length: 60 }, (_, index) => spanOf(1, index + 1)))
  await vi.waitFor(async () => {
    await clock.advance(10_000)
    expect(hub.events.flatMap(idsIn)).toHaveLength(60)
  })
  await sending

  expect(hub.events.flatMap(idsIn)).toHaveLength(60)
  expect(hub.sizes.length).toBeGreaterThan(2)
})

it('sends flow traces by chain, and counts what they leave out', async () => {
  const { hub, send, telemetry } = await running({
    ...directly,
    encoding: 'invictus',
    invictus: { select: 'marked', mappings: { Domain: 'Sales' } },
  })
  await send([spanOf(1, 1, { 'invictus.chain.id': 'order/1' }), spanOf(2, 2)])
  await send([spanOf(2, 2)])

  expect(hub.events.map(({ partitionKey, contentType }) => [partitionKey, contentType])).toEqual([
    ['order/1', 'application/json'],
  ])
  expect(JSON.parse(Buffer.from(hub.events[0]?.body ?? []).toString())).toMatchObject([
    { ChainId: 'order/1', Source: 'shop', Mappings: { Domain: 'Sales' }, Step: { Status: 'Started' } },
    { Step: { Status: 'Completed' } },
  ])
  expect(telemetry).toBeDefined()
})

describe('the settings', () => {
  const create = (settings: Readonly<Record<string, unknown>>): unknown =>
    createComponent(azureEventHubExporter, { connection, ...settings })

  it.each([
    [{ partition_key: 'tenant' }, /one partition/],
    [{ partition_key: '{span}' }, /placeholder/],
    [{ encoding: 'invictus', partition_key: '{span:x}' }, /trace_id or none/],
    [{ encoding: 'invictus', compression: 'gzip' }, /not possible/],
    [{ invictus: { mappings: { Domain: '{env:X}' } } }, /placeholder/],
    [{ connection: 'nonsense' }, ConfigError],
  ])('refuse %j', (settings, message) => {
    expect(() => create(settings)).toThrow(message)
  })

  it('take what the paper shows', () => {
    expect(() =>
      create({
        encoding: 'invictus',
        invictus: {
          select: 'marked',
          mappings: { Service: '${resource:service.name}' },
          data_attributes: ['order.id'],
        },
      }),
    ).not.toThrow()
  })
})
