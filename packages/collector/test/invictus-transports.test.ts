import { readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { EventHubProducerClient } from '@azure/event-hubs'
import { type Component, systemClock, type TracesConsumer } from '@spanloom/core'
import {
  createComponent,
  fakeClock,
  type PlainSpan,
  testHost,
  toPlain,
  TracesSink,
} from '@spanloom/core/testing'
import { type LocalEventHubs, startLocalEventHubs } from '@spanloom/eventhubs/local'
import { spanAssemblyProcessor } from '@spanloom/processor-assembly'
import { invictusReceiver, profiles } from '@spanloom/receiver-invictus'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'

/**
 * The fixtures through every way in. Over HTTP the time of arrival stands for the time of enqueueing, and a hub stamps
 * its own.
 */
const fixtures = new URL('../../receiver-invictus/test/fixtures/', import.meta.url)
const names = readdirSync(fixtures).filter((name) => /^\d/.test(name) && !name.includes('export'))
const limit = (): AbortSignal => AbortSignal.timeout(5_000)

interface Message {
  readonly enqueuedTimeUtc?: string
  readonly applicationProperties?: Readonly<Record<string, string>>
  readonly body: readonly unknown[]
}

type Expected = Readonly<Record<string, { readonly spans: readonly PlainSpan[] }>>

function read<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(name, fixtures), 'utf8'))
}

const expected = read<Expected>('expected.json')

function messagesOf(name: string): readonly Message[] {
  const input = read<{ readonly messages: readonly Message[] } | readonly unknown[]>(name)
  return 'messages' in input ? input.messages : [{ body: input }]
}

let hubs: LocalEventHubs
let folder: string
/** What the service says when it takes an event. */
let hubTime: number | undefined

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spanloom-transports-'))
  hubs = await startLocalEventHubs({
    hubs: names.map((name) => ({ name: hubOf(name), partitions: 1, consumerGroups: ['kafka'] })),
    kafkaPort: 0,
    clock: { ...systemClock, now: () => hubTime ?? Date.now() },
  })
})

afterAll(async () => {
  await hubs.close()
  await rm(folder, { recursive: true })
})

const hubOf = (name: string): string => name.replace('.json', '')

/** What the assembler makes of what a receiver gets, when all timers have expired. */
async function assembled(
  count: number,
  open: (next: TracesConsumer) => Promise<{ component: Component; send: () => Promise<void> }>,
): Promise<readonly PlainSpan[]> {
  const next = new TracesSink()
  let fragments = 0
  const assembly = createComponent(
    spanAssemblyProcessor,
    {},
    { next, clock: fakeClock(), profiles: new Map(Object.entries(profiles)) },
  )
  await assembly.start(testHost())
  const { component, send } = await open({
    async consumeTraces(traces, context) {
      await assembly.consumeTraces(traces, context)
      fragments += traces.spanCount
    },
  })
  await component.start(testHost())
  await send()
  await vi.waitFor(() => expect(fragments).toBe(count), { timeout: 20_000 })
  await assembly.flush()
  await component.shutdown(limit())
  await assembly.shutdown(limit())
  return next.spans.map(plain).toSorted((a, b) => a.spanId.localeCompare(b.spanId))
}

function plain(span: Parameters<typeof toPlain>[0]): PlainSpan {
  const { flags: _, ...rest } = toPlain(span)
  return rest
}

const ways: Readonly<Record<string, (name: string) => Parameters<typeof assembled>[1]>> = {
  http: (name) => (next) => {
    const component = createComponent(
      invictusReceiver,
      { http: { endpoint: '127.0.0.1:0' } },
      { next, clock: clockOf(name) },
    )
    const send = async (): Promise<void> => {
      for (const { body, applicationProperties = {} } of messagesOf(name)) {
        const headers = { 'content-type': 'application/json', ...applicationProperties }
        const response = await fetch(component.url ?? '', {
          method: 'POST',
          headers,
          body: JSON.stringify(body),
        })
        expect(response.status).toBe(200)
      }
    }
    return Promise.resolve({ component, send })
  },

  file: (name) => async (next) => {
    const path = join(folder, name)
    await writeFile(path, JSON.stringify({ messages: messagesOf(name) }))
    const component = createComponent(
      invictusReceiver,
      { file: { include: [path], format: 'document' } },
      { next },
    )
    return { component, send: () => Promise.resolve() }
  },

  'event_hub over AMQP': (name) => (next) => overHub(name, next, {}),

  'event_hub over Kafka': (name) => (next) =>
    overHub(name, next, {
      transport: 'kafka',
      endpoint: `127.0.0.1:${hubs.kafkaPort}`,
      group: 'kafka',
      tls: { insecure: true },
    }),
}

/** Sends with the official client, and reads as the settings say. */
function overHub(
  name: string,
  next: TracesConsumer,
  settings: object,
): ReturnType<Parameters<typeof assembled>[1]> {
  const hub = hubOf(name)
  const connection = hubs.connectionString(hub)
  const component = createComponent(
    invictusReceiver,
    { event_hub: { connection, ...settings } },
    { next, clock: systemClock },
  )
  const send = async (): Promise<void> => {
    if (hubs.read(hub).length > 0) return
    const client = new EventHubProducerClient(connection)
    for (const { body, applicationProperties: properties = {}, enqueuedTimeUtc } of messagesOf(name)) {
      hubTime = enqueuedTimeUtc === undefined ? undefined : Date.parse(enqueuedTimeUtc)
      await client.sendBatch([{ body: Buffer.from(JSON.stringify(body)), properties }])
    }
    await client.close()
  }
  return Promise.resolve({ component, send })
}

/** Over HTTP the arrival is the message's time. */
function clockOf(name: string): ReturnType<typeof fakeClock> {
  const time = messagesOf(name).find(({ enqueuedTimeUtc }) => enqueuedTimeUtc)?.enqueuedTimeUtc
  return fakeClock(time === undefined ? 0 : Date.parse(time))
}

describe.each(Object.keys(ways))('over %s', (way) => {
  it.each(names)('%s becomes its spans', { timeout: 30_000 }, async (name) => {
    const fragments = messagesOf(name).flatMap(({ body }) => body).length
    const open = ways[way]?.(name)
    if (open === undefined) throw new Error('There is no such way.')

    const spans = await assembled(fragments, open)

    expect(spans).toEqual((expected[name]?.spans ?? []).toSorted((a, b) => a.spanId.localeCompare(b.spanId)))
  })
})
