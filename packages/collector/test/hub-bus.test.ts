import { type Span, systemClock, type Traces } from '@spanloom/core'
import {
  createComponent,
  sampleTraces,
  spanKey,
  testHost,
  testTelemetry,
  TracesSink,
} from '@spanloom/core/testing'
import { type LocalEventHubs, startLocalEventHubs } from '@spanloom/eventhubs/local'
import { azureEventHubExporter } from '@spanloom/exporter-eventhubs'
import { azureEventHubReceiver } from '@spanloom/receiver-eventhubs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const limit = (): AbortSignal => AbortSignal.timeout(5_000)
const { signal } = new AbortController()

/** Every form in which spans can stand in a hub. */
const forms = [
  ['protobuf', { encoding: 'otlp_proto' }],
  ['packed-protobuf', { encoding: 'otlp_proto', compression: 'gzip' }],
  ['json', { encoding: 'otlp_json' }],
  ['packed-json', { encoding: 'otlp_json', compression: 'gzip', partition_key: 'none' }],
  ['by-attribute', { partition_key: '{resource:service.name}', partition_assignment: 'client' }],
  ['for-assembly', { partition_key: 'assembly', batch_size: 2_000 }],
] as const

let hubs: LocalEventHubs

beforeAll(async () => {
  const names = ['kafka', ...forms.map(([name]) => name)]
  hubs = await startLocalEventHubs({ hubs: names.map((name) => ({ name, partitions: 3 })), kafkaPort: 0 })
})
afterAll(() => hubs.close())

/** Sends the batches, and gives what came back. */
async function throughHub(
  name: string,
  settings: object,
  batches: readonly Traces[],
  reading = {},
): Promise<TracesSink> {
  const connection = hubs.connectionString(name)
  const next = new TracesSink()
  const options = { clock: systemClock, telemetry: testTelemetry() }
  const exporter = createComponent(azureEventHubExporter, { connection, ...settings }, options)
  const receiver = createComponent(azureEventHubReceiver, { connection, ...reading }, { ...options, next })
  await receiver.start(testHost())
  await exporter.start(testHost())
  try {
    for (const traces of batches) await exporter.consumeTraces(traces, { signal })
    await next.waitForSpans(batches.reduce((sum, { spanCount }) => sum + spanCount, 0))
  } finally {
    await exporter.shutdown(limit())
    await receiver.shutdown(limit())
  }
  return next
}

const keys = (batches: readonly Traces[]): readonly string[] =>
  batches
    .flatMap((traces) => [...traces.spans()])
    .map((each: Span) => spanKey(each))
    .toSorted((a, b) => a.localeCompare(b))

describe('spans and fragments come out of a hub as they went in', () => {
  it.each(forms)('as %s', { timeout: 30_000 }, async (name, settings) => {
    const batches = sampleTraces(8)

    const { batches: arrived } = await throughHub(name, settings, batches)

    expect(keys(arrived)).toEqual(keys(batches))
  })

  it('over Kafka in both directions', { timeout: 40_000 }, async () => {
    const kafka = { transport: 'kafka', endpoint: `127.0.0.1:${hubs.kafkaPort}`, tls: { insecure: true } }
    const batches = sampleTraces(4)

    const { batches: arrived } = await throughHub('kafka', { compression: 'gzip', ...kafka }, batches, kafka)

    expect(keys(arrived)).toEqual(keys(batches))
  })
})
