// Process that sends to and reads from the stand-in, with our client or with the bare SDK of Azure.
import {
  earliestEventPosition,
  EventHubConsumerClient,
  EventHubProducerClient,
  type EventDataBatch,
} from '@azure/event-hubs'
import { checkConfig, systemClock } from '@spanloom/core'
import { testHost, testTelemetry } from '@spanloom/core/testing'
import {
  createHubConsumer,
  createHubProducer,
  hubConnectionSettings,
  hubConsumerSettings,
  hubProducerSettings,
  type HubConsumerConfig,
  type HubProducerConfig,
} from '@spanloom/eventhubs'

import { serve } from './worker-process.ts'

/** One round of work. */
export interface HubClientRequest {
  readonly what: 'send' | 'receive'
  readonly with: 'spanloom' | 'sdk'
  readonly connection: string
  readonly events: number
  readonly bytes: number
}

/** What it cost. */
export interface HubClientReply {
  readonly seconds: number
  readonly cpuSeconds: number
  readonly rssMiB: number
}

/** Sizes that both sides use, the defaults of our settings. */
const batchBytes = 256_000
const inFlight = 4
const readBatch = 100
const prefetch = 300
/** Events that the exporter would hand over in one call. */
const perCall = 5_000

const settings = (connection: string, hub: string): Readonly<Record<string, unknown>> => ({
  connection,
  event_hub: { name: hub },
})
const never = new AbortController().signal
const soon = (): AbortSignal => AbortSignal.timeout(10_000)

async function measured(work: () => Promise<void>): Promise<HubClientReply> {
  const cpu = process.cpuUsage()
  const begin = performance.now()
  await work()
  const seconds = (performance.now() - begin) / 1000
  const { user, system } = process.cpuUsage(cpu)
  return { seconds, cpuSeconds: (user + system) / 1e6, rssMiB: process.memoryUsage().rss / 2 ** 20 }
}

async function sendOurs({ connection, events, bytes }: HubClientRequest): Promise<HubClientReply> {
  const properties = { ...hubConnectionSettings, ...hubProducerSettings }
  const { config } = checkConfig({ type: 'object', properties }, settings(connection, 'send'))
  const producer = createHubProducer({
    id: 'bench',
    config: config as HubProducerConfig,
    telemetry: testTelemetry(),
    clock: systemClock,
  })
  await producer.open(testHost())
  await producer.maxEventSize()
  const body = Buffer.alloc(bytes, 'x')
  const call = Array.from({ length: perCall }, () => ({ body }))
  const reply = await measured(async () => {
    let left = events
    // Two calls at a time, so that the next one is packed while the one before waits for its last outcomes.
    const worker = async (): Promise<void> => {
      while (left > 0) {
        const part = left >= perCall ? call : call.slice(0, left)
        left -= part.length
        await producer.send(part, { signal: never })
      }
    }
    await Promise.all([worker(), worker()])
  })
  await producer.close(soon())
  return reply
}

async function sendBare({ connection, events, bytes }: HubClientRequest): Promise<HubClientReply> {
  const client = new EventHubProducerClient(connection, 'send')
  await client.createBatch()
  const body = Buffer.alloc(bytes, 'x')
  const reply = await measured(async () => {
    let left = events
    const worker = async (): Promise<void> => {
      while (left > 0) {
        const batch: EventDataBatch = await client.createBatch({ maxSizeInBytes: batchBytes })
        while (left > 0 && batch.tryAdd({ body })) left--
        await client.sendBatch(batch)
      }
    }
    await Promise.all(Array.from({ length: inFlight }, worker))
  })
  await client.close()
  return reply
}

async function receiveOurs({ connection, events }: HubClientRequest): Promise<HubClientReply> {
  const properties = { ...hubConnectionSettings, ...hubConsumerSettings }
  const { config } = checkConfig({ type: 'object', properties }, settings(connection, 'read'))
  const done = Promise.withResolvers<void>()
  let left = events
  const consumer = createHubConsumer({
    id: 'bench',
    config: config as HubConsumerConfig,
    telemetry: testTelemetry(),
    clock: systemClock,
    onEvents({ events: batch }) {
      left -= batch.length
      if (left <= 0) done.resolve()
      return Promise.resolve()
    },
  })
  const reply = await measured(async () => {
    await consumer.start(testHost())
    await done.promise
  })
  await consumer.shutdown(soon())
  return reply
}

async function receiveBare({ connection, events }: HubClientRequest): Promise<HubClientReply> {
  const client = new EventHubConsumerClient('$Default', connection, 'read')
  const done = Promise.withResolvers<void>()
  let left = events
  let subscription: { close(): Promise<void> } | undefined
  const reply = await measured(async () => {
    subscription = client.subscribe(
      {
        processEvents(batch) {
          left -= batch.length
          if (left <= 0) done.resolve()
          return Promise.resolve()
        },
        processError(error) {
          done.reject(error)
          return Promise.resolve()
        },
      },
      {
        startPosition: earliestEventPosition,
        maxBatchSize: readBatch,
        prefetchCount: prefetch,
        maxWaitTimeInSeconds: 5,
        skipParsingBodyAsJson: true,
      },
    )
    await done.promise
  })
  await subscription?.close()
  await client.close()
  return reply
}

serve<HubClientRequest>((request) => {
  if (request.what === 'send') return request.with === 'sdk' ? sendBare(request) : sendOurs(request)
  return request.with === 'sdk' ? receiveBare(request) : receiveOurs(request)
})
