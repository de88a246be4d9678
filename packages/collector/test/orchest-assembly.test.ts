import { readdirSync, readFileSync } from 'node:fs'

import type { TracesConsumer } from '@spanloom/core'
import {
  createComponent,
  fakeClock,
  type PlainSpan,
  seededRandom,
  testHost,
  toPlain,
  TracesSink,
} from '@spanloom/core/testing'
import { spanAssemblyProcessor } from '@spanloom/processor-assembly'
import { orchestReceiver, profiles } from '@spanloom/receiver-orchest'
import { Client } from 'undici'
import { assert, describe, expect, it, vi } from 'vitest'

vi.setConfig({ testTimeout: 120_000 })

const fixtures = new URL('../../receiver-orchest/test/fixtures/', import.meta.url)
const shuffles = Number(process.env['ORCHEST_SHUFFLES'] ?? 20)
const limit = (): AbortSignal => AbortSignal.timeout(5_000)

interface Request {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly expect: { readonly status: number }
}

type ExpectedSpan = { readonly [Key in keyof PlainSpan]?: PlainSpan[Key] | null }

interface Fixture {
  readonly config: Readonly<Record<string, unknown>>
  readonly requests: readonly Request[]
  readonly expect: {
    readonly spans: readonly ExpectedSpan[]
    readonly duplicates: number
    readonly dead_letters: number
    readonly degraded: number
  }
}

const names = readdirSync(fixtures).filter((name) => /^\d/.test(name))
const fixtureOf = (name: string): Fixture =>
  JSON.parse(readFileSync(new URL(name, fixtures), 'utf8')) as Fixture

/** Somewhere to hand traces to that can be changed. */
class Switch implements TracesConsumer {
  to: TracesConsumer = new TracesSink()
  consumeTraces: TracesConsumer['consumeTraces'] = (traces, context) => this.to.consumeTraces(traces, context)
}

/** What receiver and assembler make of each order of requests, when all timers have expired. */
async function run(
  config: Fixture['config'],
  orders: readonly (readonly Request[])[],
  check: (statuses: readonly number[], spans: readonly PlainSpan[]) => void,
): Promise<void> {
  const next = new Switch()
  const receiver = createComponent(orchestReceiver, { endpoint: '127.0.0.1:0', ...config }, { next })
  await receiver.start(testHost())
  assert(receiver.url !== undefined)
  const client = new Client(receiver.url)
  for (const requests of orders) {
    const sink = new TracesSink()
    const assembly = createComponent(
      spanAssemblyProcessor,
      {},
      { next: sink, clock: fakeClock(), profiles: new Map(Object.entries(profiles)) },
    )
    await assembly.start(testHost())
    next.to = assembly
    const statuses: number[] = []
    for (const { method, path, headers, body } of requests) {
      const answer = await client.request({ method, path, headers, ...(method === 'GET' ? {} : { body }) })
      await answer.body.dump()
      statuses.push(answer.statusCode)
    }
    await assembly.flush()
    await assembly.shutdown(limit())
    check(
      statuses,
      sink.spans.map((each) => toPlain(each)),
    )
  }
  await client.destroy()
  await receiver.shutdown(limit())
}

/** Whether a span is what a fixture wants: `null` stands for any id or time, and for no parent. */
function fits(actual: PlainSpan, expected: ExpectedSpan): boolean {
  return Object.entries(expected).every(([name, wanted]) => {
    const found: unknown = actual[name as keyof PlainSpan]
    if (name === 'parentSpanId') return found === (wanted ?? '')
    return wanted === null || contains(found, wanted)
  })
}

/** Lists have to be as long as wanted; objects may have more members. */
function contains(found: unknown, wanted: unknown): boolean {
  if (typeof wanted !== 'object' || wanted === null) return found === wanted
  if (typeof found !== 'object' || found === null) return false
  if (Array.isArray(wanted)) {
    return (
      Array.isArray(found) &&
      found.length === wanted.length &&
      wanted.every((each, at) => contains(found[at], each))
    )
  }
  return Object.entries(wanted).every(([key, value]) =>
    contains((found as Record<string, unknown>)[key], value),
  )
}

function expectSpans(actual: readonly PlainSpan[], expected: readonly ExpectedSpan[]): void {
  const left = [...actual]
  const missing = expected.filter((wanted) => {
    const at = left.findIndex((found) => fits(found, wanted))
    if (at >= 0) left.splice(at, 1)
    return at < 0
  })
  expect({ missing, unexpected: left }).toEqual({ missing: [], unexpected: [] })
}

function shuffled<T>(list: readonly T[], random: () => number): readonly T[] {
  return list
    .map((value) => [random(), value] as const)
    .toSorted(([a], [b]) => a - b)
    .map(([, value]) => value)
}

describe.each(names)('%s', (name) => {
  const { config, requests, expect: expected } = fixtureOf(name)

  it('gives its spans and answers', async () => {
    await run(config, [requests], (statuses, spans) => {
      expect(statuses).toEqual(requests.map((request) => request.expect.status))
      expectSpans(spans, expected.spans)
    })
  })
})

// The events of a browser have neither identity nor time of their own.
describe.each(names.filter((name) => name !== '12-relay.json'))('%s', (name) => {
  const { config, requests, expect: expected } = fixtureOf(name)
  const random = seededRandom(7)

  it(`gives the same spans in ${shuffles} other orders`, async () => {
    const orders = Array.from({ length: shuffles }, () => shuffled(requests, random))
    // One receiver is enough where no event comes twice; it must only forget, or it would take all for repetitions.
    const groups = expected.duplicates === 0 ? [orders] : orders.map((order) => [order])
    const settings = { ...config, ...(expected.duplicates === 0 ? { duplicate_cache_size: 0 } : {}) }
    for (const group of groups) {
      await run(settings, group, (_statuses, spans) => expectSpans(spans, expected.spans))
    }
    expect(orders).toHaveLength(shuffles)
  })

  it.each([
    ['in order', [...requests, ...requests]],
    ['in any order', shuffled([...requests, ...requests], random)],
  ])('gives the same spans when each event comes twice, %s', async (_how, doubled) => {
    let answers = 0
    await run(config, [doubled], (statuses, spans) => {
      expectSpans(spans, expected.spans)
      answers = statuses.length
    })
    expect(answers).toBe(2 * requests.length)
  })
})
