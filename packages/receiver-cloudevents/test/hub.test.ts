import { readFileSync } from 'node:fs'

import { RetryableError } from '@spanloom/core'
import {
  createComponent,
  fakeClock,
  MemoryStorage,
  recordingTelemetry,
  type RecordingTelemetry,
  testHost,
  TracesSink,
} from '@spanloom/core/testing'
import { type LocalEventHubs, startLocalEventHubs } from '@spanloom/eventhubs/local'
import { type CloudEventsReceiver, cloudEventsReceiver } from '@spanloom/receiver-cloudevents'
import { describe, expect, it, onTestFinished } from 'vitest'

import { type CaseSpan, Placeholders } from './case-spans.ts'
import { startConsumer } from './consumer.ts'
import { receivedAt } from './running.ts'

const patienceMs = 20_000
const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b9c7c989f97918e1-01'

interface Fed {
  readonly hub: LocalEventHubs
  readonly receiver: CloudEventsReceiver
  readonly next: TracesSink
  readonly telemetry: RecordingTelemetry
}

type Transport = 'amqp' | 'kafka'

/** A receiver that reads a hub of one partition. */
async function fed(
  settings: object = {},
  storage = new MemoryStorage(fakeClock()),
  transport: Transport = 'amqp',
): Promise<Fed> {
  const hub = await startLocalEventHubs({ hubs: [{ name: 'orders', partitions: 1 }], kafkaPort: 0 })
  const kafka =
    transport === 'kafka'
      ? { transport, endpoint: `127.0.0.1:${hub.kafkaPort}`, tls: { insecure: true } }
      : {}
  const next = new TracesSink()
  const telemetry = recordingTelemetry('cloudevents')
  const { event_hub: more = {}, ...others } = settings as { event_hub?: object }
  const receiver = createComponent(
    cloudEventsReceiver,
    { event_hub: { connection: hub.connectionString('orders'), ...kafka, ...more }, ...others },
    { next, telemetry, clock: { ...fakeClock(Date.parse(receivedAt)), schedule: realSchedule } },
  )
  onTestFinished(async () => {
    await receiver.shutdown(AbortSignal.timeout(5_000))
    await hub.close()
  })
  await receiver.start(testHost({ disk: storage.extension() }))
  return { hub, receiver, next, telemetry }
}

/** The client of the hub waits in real time. */
const realSchedule = (delayMs: number, run: () => void): { cancel: () => void } => {
  const timer = setTimeout(run, delayMs)
  return { cancel: () => clearTimeout(timer) }
}

const properties = (number: number, more: object = {}): Readonly<Record<string, unknown>> => ({
  cloudEvents_specversion: '1.0',
  cloudEvents_id: `e-${number}`,
  cloudEvents_source: '/shop',
  cloudEvents_type: 'order.paid',
  ...more,
})

type Pairs = readonly (readonly [string, unknown])[]

interface Case {
  readonly id: string
  readonly title: string
  readonly binding: string
  readonly config?: object
  readonly message: {
    readonly headers?: Pairs
    readonly application_properties?: Pairs
    readonly properties?: { readonly content_type: string }
    readonly value?: string | null
    readonly body?: string
  }
  readonly expect: { readonly error?: string; readonly spans: readonly CaseSpan[] }
}

const { cases }: { cases: readonly Case[] } = JSON.parse(
  readFileSync(new URL('fixtures/broker-messages.json', import.meta.url), 'utf8'),
)

function native(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  const { amqp, ms, value: inner } = value as { amqp: string; ms?: number; value?: unknown }
  return amqp === 'timestamp' ? new Date(ms ?? 0) : inner
}

describe.each<Transport>(['amqp', 'kafka'])(
  'messages of Kafka and AMQP in a hub, read over %s',
  (transport) => {
    it.each(cases.filter(({ binding }) => binding !== 'websocket'))(
      '$id $title',
      async ({ config = {}, message, expect: wanted }) => {
        const { hub, next, telemetry } = await fed(config, undefined, transport)
        const pairs = message.headers ?? message.application_properties ?? []
        hub.append('orders', 0, message.value ?? message.body ?? '', {
          ...(message.properties === undefined ? {} : { contentType: message.properties.content_type }),
          properties: Object.fromEntries(pairs.map(([name, value]) => [name, native(value)])),
        })
        hub.append('orders', 0, '', { properties: properties(99) })
        await next.waitForSpans(wanted.spans.length + 1)

        const { got, wanted: spans } = new Placeholders().compare(next.spans.slice(0, -1), wanted.spans)
        expect(got).toEqual(spans)
        const dropped = wanted.error === undefined ? [] : [[wanted.error, 1]]
        await expect.poll(() => [...telemetry.dropped]).toEqual(dropped)
      },
      patienceMs,
    )
  },
)

it('hands the same events over again until the pipeline takes them', { timeout: patienceMs }, async () => {
  const { hub, next } = await fed()
  next.refuseWith(new RetryableError('QUEUE_FULL', 'The queue is full.'))
  hub.append('orders', 0, '{}', { properties: properties(1) })
  await expect.poll(() => next.calls, { timeout: patienceMs }).toBeGreaterThan(0)
  next.refuseWith(undefined)
  await next.waitForSpans(1)
  expect(next.spans.map((one) => one.attribute('cloudevents.event_id'))).toEqual(['e-1'])
})

it('keeps aside what is no event', { timeout: patienceMs }, async () => {
  const storage = new MemoryStorage(fakeClock())
  const { hub, next, telemetry } = await fed({ event_hub: { dead_letters: { storage: 'disk' } } }, storage)
  hub.append('orders', 0, 'what is this', { properties: { tenant: 'acme' } })
  hub.append('orders', 0, '{}', { properties: properties(1) })
  await next.waitForSpans(1)
  await expect.poll(() => telemetry.dropped.get('not_a_cloudevent')).toBe(1)
  const letters = storage.queueOf({ kind: 'receiver', id: 'cloudevents', pipeline: 'dead_letters' })
  expect(letters.stats().dead).toBe(1)
})

it('relays events of a hub to a consumer over HTTP', { timeout: patienceMs }, async () => {
  await using consumer = await startConsumer()
  const { hub, next } = await fed({ mode: 'relay', relay: { url: consumer.url.href } })
  let refusals = 1
  consumer.answer = () => ({ status: refusals-- > 0 ? 503 : 202 })
  hub.append('orders', 0, '{"n":1.0}', {
    contentType: 'application/json',
    properties: properties(1, { cloudEvents_subject: 'Größe', cloudEvents_traceparent: traceparent }),
  })
  hub.append('orders', 0, '{}', { properties: properties(2) })
  await expect.poll(() => consumer.delivered.length, { timeout: patienceMs }).toBe(3)
  const [, again, last] = consumer.delivered
  expect(again).toMatchObject({
    body: '{"n":1.0}',
    headers: {
      'content-type': 'application/json',
      'ce-subject': 'Gr%C3%B6%C3%9Fe',
      'ce-traceparent': traceparent,
    },
  })
  expect(last?.headers['ce-traceparent']).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
  await next.waitForSpans(4)
  expect(next.spans.map(({ name }) => name)).toEqual([
    'POST',
    'POST',
    'CloudEvents Create order.paid',
    'POST',
  ])
})
