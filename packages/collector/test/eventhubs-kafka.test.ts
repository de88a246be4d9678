import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { checkConfig, ConfigError, errorText, systemClock, type ObjectSchema } from '@spanloom/core'
import { testAuthority, testHost, testTelemetry, type TestTelemetry } from '@spanloom/core/testing'
import {
  createHubConsumer,
  createHubProducer,
  hubConnectionSettings,
  hubConsumerSettings,
  hubProducerSettings,
  type EventBatch,
  type HubConsumer,
  type HubConsumerConfig,
  type HubProducer,
  type HubProducerConfig,
  type OutgoingEvent,
  type ReceivedEvent,
} from '@spanloom/eventhubs'
import { findKafka, startKafkaBroker, type KafkaBroker } from '@spanloom/interop'
import { withPeer } from '@spanloom/interop/vitest'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'

const kafka = await findKafka()
const patienceMs = 120_000
const authority = testAuthority()
const soon = (): AbortSignal => AbortSignal.timeout(20_000)
const textOf = ({ body }: { readonly body: Uint8Array }): string => Buffer.from(body).toString()
const key = 'c2VjcmV0IGtleQ=='
const connectionWith = (secret: string): string =>
  `Endpoint=sb://acme.example/;SharedAccessKeyName=all;SharedAccessKey=${secret}`

type Settings = Readonly<Record<string, unknown>>

interface StartedConsumer {
  readonly consumer: HubConsumer
  readonly telemetry: TestTelemetry
  readonly events: readonly ReceivedEvent[]
  readonly received: (count: number) => Promise<void>
}

function parsed<T>(properties: Readonly<Record<string, unknown>>, settings: Settings): T {
  const { config, issues } = checkConfig({ type: 'object', properties } as ObjectSchema, settings)
  if (issues.length > 0) throw new ConfigError(issues)
  return config as T
}

async function startConsumer(
  settings: Settings,
  onEvents?: (batch: EventBatch) => Promise<void>,
): Promise<StartedConsumer> {
  const telemetry = testTelemetry()
  const events: ReceivedEvent[] = []
  const bodies = new Set<string>()
  const consumer = createHubConsumer({
    id: 'hub',
    config: parsed<HubConsumerConfig>(
      { ...hubConnectionSettings, ...hubConsumerSettings },
      { checkpoint_interval: '50ms', ...settings },
    ),
    telemetry,
    clock: systemClock,
    async onEvents(batch) {
      await onEvents?.(batch)
      events.push(...batch.events)
      for (const event of batch.events) bodies.add(textOf(event))
    },
  })
  onTestFinished(() => consumer.shutdown(soon()), patienceMs)
  await consumer.start(testHost())
  const received = async (count: number): Promise<void> => {
    await vi.waitFor(() => expect(bodies.size).toBeGreaterThanOrEqual(count), {
      timeout: 90_000,
      interval: 50,
    })
  }
  return { consumer, telemetry, events, received }
}

async function startProducer(settings: Settings): Promise<HubProducer> {
  const producer = createHubProducer({
    id: 'hub',
    config: parsed<HubProducerConfig>({ ...hubConnectionSettings, ...hubProducerSettings }, settings),
    telemetry: testTelemetry(),
    clock: systemClock,
    timeoutMs: 10_000,
  })
  onTestFinished(() => producer.close(soon()), patienceMs)
  await producer.open(testHost())
  return producer
}

function numbered(count: number, from = 0, rest: Partial<OutgoingEvent> = {}): OutgoingEvent[] {
  return Array.from({ length: count }, (_, index) => ({ body: Buffer.from(`e${from + index}`), ...rest }))
}

/** A login service whose tokens are unsigned, which the broker accepts for tests. */
async function startLogin(): Promise<string> {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const server = createServer((request, response) => {
    request.resume()
    const seconds = Math.trunc(Date.now() / 1000)
    const token = `${part({ alg: 'none' })}.${part({ sub: 'app', iat: seconds, exp: seconds + 3600 })}.`
    response.end(JSON.stringify({ access_token: token, expires_in: 3600 }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

describe('the Kafka endpoint', { timeout: patienceMs }, () => {
  withPeer('kafka', kafka, (libraries) => {
    const dir = mkdtempSync(join(tmpdir(), 'spanloom-kafka-'))
    let broker: KafkaBroker
    let hubs = 0

    beforeAll(async () => {
      broker = await startKafkaBroker({
        libraries,
        dir,
        user: '$ConnectionString',
        password: connectionWith(key),
        tls: authority.issue(),
      })
    }, patienceMs)

    afterAll(async () => {
      await broker[Symbol.asyncDispose]()
      rmSync(dir, { recursive: true, force: true })
    })

    /** Settings of a new hub. */
    const newHub = async (): Promise<Settings> => {
      const name = `flows${++hubs}`
      await broker.createTopic(name)
      return {
        connection: connectionWith(key),
        event_hub: { name },
        transport: 'kafka',
        endpoint: broker.address,
        tls: { ca_pem: authority.cert },
      }
    }

    it('sends and reads events with everything that belongs to them', async () => {
      const settings = await newHub()
      const producer = await startProducer(settings)
      const whole = {
        body: Buffer.from('[1]'),
        partitionKey: 'k',
        contentType: 'application/json',
        messageId: 'm-1',
        properties: { tenant: 'acme', count: 3 },
      }
      await producer.send([whole], { signal: soon() })
      const { events, received } = await startConsumer(settings)
      await received(1)
      expect(events).toMatchObject([
        {
          sequenceNumber: 0,
          partitionKey: 'k',
          contentType: 'application/json',
          messageId: 'm-1',
        },
      ])
      expect({ ...events[0]?.properties }).toMatchObject({ tenant: 'acme', count: '3' })
      expect(Math.abs(Date.now() - (events[0]?.enqueuedTime ?? 0))).toBeLessThan(60_000)
    })

    it('keeps the events of a key in order and in the partition that AMQP would give them', async () => {
      const settings = await newHub()
      const producer = await startProducer({ ...settings, batch_size: 1_000 })
      // As the SDK of Azure computes them for four partitions.
      const partitions = { a: '0', b: '0', c: '3', d: '2', e: '0' }
      const keys = Object.keys(partitions)
      await producer.send(
        keys.flatMap((partitionKey, index) => numbered(100, index * 100, { partitionKey })),
        { signal: soon() },
      )
      const { events, received } = await startConsumer(settings)
      await received(500)
      for (const [index, [partitionKey, partitionId]] of Object.entries(partitions).entries()) {
        const mine = events.filter((event) => event.partitionKey === partitionKey)
        expect(mine.map((event) => textOf(event))).toEqual(
          numbered(100, index * 100).map((event) => textOf(event)),
        )
        expect(new Set(mine.map((event) => event.partitionId))).toEqual(new Set([partitionId]))
      }
    })

    it('goes on behind what was safe after a restart, and never behind what was not', async () => {
      const settings = await newHub()
      const producer = await startProducer(settings)
      await producer.send(numbered(200, 0, { partitionId: '0' }), { signal: soon() })
      let refuse = false
      const first = await startConsumer({ ...settings, max_poll_events: 50 }, () =>
        refuse ? Promise.reject(new Error('No.')) : Promise.resolve(),
      )
      await first.received(200)
      refuse = true
      await producer.send(numbered(100, 200, { partitionId: '0' }), { signal: soon() })
      await vi.waitFor(() => expect(first.telemetry.statusEvents).not.toEqual([]), { timeout: 30_000 })
      await first.consumer.shutdown(soon())
      expect(first.events).toHaveLength(200)
      const second = await startConsumer(settings)
      await second.received(100)
      expect(second.events.map((event) => textOf(event))).toEqual(
        numbered(100, 200).map((event) => textOf(event)),
      )
    })

    it('shares partitions in a group, and one takes over from the other', async () => {
      const settings = await newHub()
      const producer = await startProducer(settings)
      const first = await startConsumer(settings)
      await producer.send(numbered(100), { signal: soon() })
      await first.received(100)
      const second = await startConsumer(settings)
      let sent = 100
      await vi.waitFor(
        async () => {
          for (const partitionId of ['0', '1', '2', '3'])
            await producer.send(numbered(10, sent++ * 10 + 1_000, { partitionId }), { signal: soon() })
          expect(second.events.length).toBeGreaterThan(0)
        },
        { timeout: 60_000, interval: 500 },
      )
      await first.consumer.shutdown(soon())
      const before = new Set([...first.events, ...second.events].map((event) => textOf(event)))
      for (const partitionId of ['0', '1', '2', '3'])
        await producer.send(numbered(10, sent++ * 10 + 1_000, { partitionId }), { signal: soon() })
      await vi.waitFor(
        () => {
          const all = new Set([...first.events, ...second.events].map((event) => textOf(event)))
          expect(all.size).toBe(100 + (sent - 100) * 10)
        },
        { timeout: 60_000, interval: 100 },
      )
      expect(before.size).toBeGreaterThan(100)
    })

    it('proves itself with a token', async () => {
      const { connection: _connection, event_hub: hub, ...rest } = await newHub()
      const settings = {
        ...rest,
        event_hub: { ...(hub as object), namespace: 'acme.example' },
        auth: {
          authority_host: await startLogin(),
          service_principal: { tenant_id: 'acme', client_id: 'app', client_secret: 'very secret' },
        },
      }
      const producer = await startProducer(settings)
      await producer.send(numbered(10), { signal: soon() })
      const { received } = await startConsumer(settings)
      await expect(received(10)).resolves.toBeUndefined()
    })

    it('says that a key is wrong without showing it, and that an event is too large', async () => {
      const settings = await newHub()
      const wrong = 'd3JvbmcgYnV0IHNlY3JldA=='
      const refused = await startProducer({ ...settings, connection: connectionWith(wrong) })
      const error = await refused.send(numbered(1), { signal: soon() }).catch((reason: unknown) => reason)
      expect(error).toMatchObject({ code: 'HUB_UNAUTHORIZED', permanent: false })
      expect(`${String(error)} ${error instanceof Error ? String(error.cause) : ''}`).not.toContain(wrong)
      const consumer = await startConsumer({ ...settings, connection: connectionWith(wrong) })
      await vi.waitFor(() => expect(consumer.telemetry.statusEvents).not.toEqual([]), { timeout: 30_000 })
      expect(consumer.telemetry.statusEvents[0]?.error).toMatchObject({ code: 'HUB_UNAUTHORIZED' })
      expect(
        JSON.stringify(consumer.telemetry.logger.lines.map(({ fields }) => errorText(fields['error']))),
      ).not.toContain(wrong)
      const producer = await startProducer({ ...settings, batch_size: 2_000_000 })
      expect(await producer.maxEventSize()).toBeLessThan(1_000_000)
      await producer.send([{ body: Buffer.alloc(await producer.maxEventSize()) }, ...numbered(3)], {
        signal: soon(),
      })
      await expect(
        producer.send([{ body: Buffer.alloc(1_100_000) }], { signal: soon() }),
      ).rejects.toMatchObject({
        code: 'EVENT_TOO_LARGE',
        permanent: true,
      })
    })

    it('loses nothing when the broker dies in the middle', async () => {
      const settings = await newHub()
      const producer = await startProducer(settings)
      const consumer = await startConsumer(settings)
      await producer.send(numbered(100), { signal: soon() })
      await consumer.received(100)
      await broker.kill()
      await expect(
        producer.send(numbered(1, 100), { signal: AbortSignal.timeout(3_000) }),
      ).rejects.toBeInstanceOf(Error)
      await broker.restart()
      await vi.waitFor(() => producer.send(numbered(100, 100), { signal: soon() }), {
        timeout: 60_000,
        interval: 500,
      })
      await consumer.received(200)
      expect(new Set(consumer.events.map((event) => textOf(event)))).toEqual(
        new Set(numbered(200).map((event) => textOf(event))),
      )
    })
  })
})
