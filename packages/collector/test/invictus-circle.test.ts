import { readdirSync, readFileSync } from 'node:fs'

import { span, type Span, Traces } from '@spanloom/core'
import {
  createComponent,
  fakeClock,
  type PlainSpan,
  seededRandom,
  testHost,
  toPlain,
  TracesSink,
} from '@spanloom/core/testing'
import { toFlowMessages } from '@spanloom/exporter-eventhubs/invictus'
import { spanAssemblyProcessor } from '@spanloom/processor-assembly'
import { profiles } from '@spanloom/receiver-invictus/profiles'
import { createTranslate } from '@spanloom/receiver-invictus/translate'
import { describe, expect, it } from 'vitest'

const fixtures = new URL('../../receiver-invictus/test/fixtures/', import.meta.url)
const names = readdirSync(fixtures).filter((name) => /^\d/.test(name) && !name.includes('export'))
const limit = (): AbortSignal => AbortSignal.timeout(5_000)
const enqueuedTime = 1_793_000_000_000_000_000n

const translate = createTranslate({
  assumedZoneMinutes: 0,
  defaultServiceName: 'invictus',
  setOk: false,
  maxEventsPerMessage: 10_000,
  scopeVersion: '1',
})

const flow = {
  select: 'all',
  spanEvents: 'all',
  source: undefined,
  mappings: {},
  dataAttributes: [],
  preserve: false,
} as const

/** What receiver and assembler make of messages when all timers have expired. */
async function assembled(bodies: readonly (string | Uint8Array)[]): Promise<readonly Span[]> {
  const next = new TracesSink()
  const assembly = createComponent(
    spanAssemblyProcessor,
    {},
    { next, clock: fakeClock(), profiles: new Map(Object.entries(profiles)) },
  )
  await assembly.start(testHost())
  for (const body of bodies) {
    await assembly.consumeTraces(translate(body, { enqueuedTime }).traces, { signal: limit() })
  }
  await assembly.flush()
  await assembly.shutdown(limit())
  return next.spans
}

function exported(
  spans: readonly Span[],
  settings: Parameters<typeof toFlowMessages>[1] = flow,
): readonly Buffer[] {
  return toFlowMessages(Traces.of(spans), settings, 1_000_000).messages.map(({ body }) => body)
}

/** What the paper promises to keep (`invictus.md` chapter 10, R1). */
function kept(spans: readonly Span[]): readonly unknown[] {
  return spans.map(toPlain).toSorted(byId).map(keptOf)
}

function keptOf({ traceId, spanId, parentSpanId, name, startTimeUnixNano, ...rest }: PlainSpan): unknown {
  const { endTimeUnixNano, status, events = [], links = [] } = rest
  const reruns = links.filter(({ attributes }) => attributes?.['spanloom.link.reason'] === 'rerun')
  const happened = events.map((event) => [event.timeUnixNano, event.name])
  return {
    traceId,
    spanId,
    parentSpanId,
    name,
    startTimeUnixNano,
    endTimeUnixNano,
    status,
    reruns: reruns.map((link) => `${link.traceId}/${link.spanId}`),
    happened,
  }
}

const byId = (a: PlainSpan, b: PlainSpan): number =>
  `${a.traceId}/${a.spanId}`.localeCompare(`${b.traceId}/${b.spanId}`)

describe('events to spans to events to spans', () => {
  it.each(names)('comes back to the spans of %s', async (name) => {
    const input: unknown = JSON.parse(readFileSync(new URL(name, fixtures), 'utf8'))
    const messages = Array.isArray(input)
      ? [input]
      : (input as { messages: { body: unknown }[] }).messages.map(({ body }) => body)
    const first = await assembled(messages.map((body) => JSON.stringify(body)))

    const again = await assembled(exported(first))

    expect(again.length).toBeGreaterThan(0)
    expect(kept(again)).toEqual(kept(first))
    expect(kept(await assembled(exported(again)))).toEqual(kept(first))
  })

  it('comes back from any events', { timeout: 120_000 }, async () => {
    for (let seed = 1; seed <= 400; seed++) {
      const events = randomEvents(seededRandom(seed))
      const first = await assembled(events.map((event) => JSON.stringify([event])))
      const again = await assembled(exported(first))
      expect(kept(again), `seed ${seed}: ${JSON.stringify(events)}`).toEqual(kept(first))
    }
  })
})

describe('spans to events to spans', () => {
  it('keeps what the paper promises of any span', { timeout: 120_000 }, async () => {
    for (let seed = 1; seed <= 300; seed++) {
      const spans = randomSpans(seededRandom(seed))
      const again = await assembled(exported(spans))
      expect(told(again), `seed ${seed}`).toEqual(told(spans))
    }
  })

  it('brings a span back as it was when it is preserved', async () => {
    const spans = randomSpans(seededRandom(7))
    const bytes = (each: readonly Span[]): readonly string[] =>
      each
        .map(({ bytes: whole, resource }) => `${whole.toString('hex')} ${resource.bytes.toString('hex')}`)
        .toSorted()

    expect(bytes(await assembled(exported(spans, { ...flow, preserve: true })))).toEqual(bytes(spans))
  })
})

/** R2: what comes back of a span that is not of Invictus. */
function told(spans: readonly Span[]): readonly unknown[] {
  const cut = (time: string | undefined): string => String((BigInt(time ?? 0) / 100n) * 100n)
  return spans
    .map(toPlain)
    .toSorted(byId)
    .map(({ events, ...plain }) => ({
      ids: [plain.traceId, plain.spanId, plain.parentSpanId],
      name: plain.name,
      start: cut(plain.startTimeUnixNano),
      end: cut(plain.endTimeUnixNano),
      failed: plain.status.code === 'ERROR',
      message: plain.status.message,
      happened: events
        .filter(({ name }) => name !== 'exception')
        .map((event) => [cut(event.timeUnixNano), event.name]),
    }))
}

type Random = () => number
const pick = <T>(random: Random, items: readonly [T, ...T[]]): T =>
  items[Math.floor(random() * items.length)] ?? items[0]

/** A few steps of a chain with events of every kind at times that are distinct within a step. */
function randomEvents(random: Random): readonly unknown[] {
  const used = new Set<string>()
  const chains = ['0b5e1d0e-8d2b-4c7a-9d11-3a2f4b5c6d7e', 'order/4711'] as const
  return Array.from({ length: 1 + Math.floor(random() * 14) }, () => {
    const step = pick(random, ['a', 'b', '00f067aa0ba902b7', '6e0c8ad8-9a0f-4f4e-8b5e-2f3d4c5b6a79'])
    const chain = pick(random, chains)
    let tick = Math.floor(random() * 40_000_000)
    while (used.has(`${chain}/${step}/${tick}`)) tick++
    used.add(`${chain}/${step}/${tick}`)
    return event(random, { chain, step, tick })
  })
}

function event(
  random: Random,
  { chain, step, tick }: { chain: string; step: string; tick: number },
): unknown {
  const seconds = Math.floor(tick / 1_000_000)
  const fraction = String(tick % 1_000_000).padStart(7, '0')
  const some = <T>(value: T): T | undefined => (random() < 0.35 ? value : undefined)
  const status = pick(random, ['Started', 'Started', 'Active', 'Completed', 'Failed', 'Cancelled'])
  return {
    Id: some('one id for all'),
    Time: `2026-03-01 10:00:${String(seconds).padStart(2, '0')}.${fraction} +00:00`,
    ChainId: chain,
    Source: some('Functions'),
    Step: {
      Id: step,
      Name: pick(random, ['Invoice', 'Check']),
      Status: status,
      ParentId: some(pick(random, ['a', 'b', 'gone'])),
    },
    Mappings: some({ Domain: 'Sales', Service: pick(random, ['shop', 'desk']) }),
    Properties: some({
      Milestone: some('half'),
      EventText: some('a text'),
      Data: some({ Order: tick, __proto__x: true }),
    }),
    Error: some({ Code: some('E42'), Description: some('mailbox full') }),
    Azure: some({ ResourceId: '/subscriptions/x' }),
  }
}

const hex = (random: Random, digits: number): string =>
  Array.from({ length: digits }, () => Math.floor(random() * 16).toString(16))
    .join('')
    .replace(/^0+$/, '1')

function randomSpans(random: Random): readonly Span[] {
  const traceId = hex(random, 32)
  const ids = Array.from({ length: 1 + Math.floor(random() * 5) }, () => hex(random, 16))
  return ids.map((spanId, index) => {
    const startTime = 1_793_000_000_000_000_000n + BigInt(Math.floor(random() * 1e12))
    const endTime = startTime + BigInt(Math.floor(random() * 1e11))
    const failed = random() < 0.3
    const parentSpanId =
      index > 0 && random() < 0.8 ? (ids[index - 1] ?? '') : random() < 0.2 ? hex(random, 16) : ''
    return span({
      traceId,
      spanId,
      name: pick(random, ['GET /', 'Übersetzen 🚀', ' padded ']),
      kind: pick(random, ['SERVER', 'CLIENT', 'INTERNAL']),
      startTime,
      endTime,
      parentSpanId,
      flags: 1,
      resource: { 'service.name': 'shop' },
      attributes: { 'order.id': 5, 'invictus.data.Amount': 12.5, ['__proto__']: 'x' },
      events: [
        { time: startTime + 100n, name: 'cache miss', attributes: { 'invictus.data.Key': 'k' } },
        ...(failed
          ? [{ time: endTime, name: 'exception', attributes: { 'exception.message': 'boom' } }]
          : []),
      ],
      status: failed
        ? { code: 'ERROR', message: pick(random, ['it broke', 'bad 🚀']) }
        : { code: pick(random, ['UNSET', 'OK']) },
    })
  })
}
