import { readFileSync } from 'node:fs'

import {
  createComponent,
  fakeClock,
  type PlainSpan,
  seededRandom,
  testHost,
  toPlain,
  TracesSink,
} from '@spanloom/core/testing'
import type { Span } from '@spanloom/core/traces'
import { spanAssemblyProcessor } from '@spanloom/processor-assembly'
import { profiles, valuestreamReceiver } from '@spanloom/receiver-valuestream'
import { request } from 'undici'
import { describe, expect, it } from 'vitest'

const fixtures = new URL('../../receiver-valuestream/test/fixtures/', import.meta.url)
const limit = (): AbortSignal => AbortSignal.timeout(5_000)

interface Sequence {
  readonly name: string
  readonly files: readonly string[]
  readonly spans: readonly PlainSpan[]
}

interface Expectations {
  /** When the first delivery of a sequence arrives; only custom events without a time of their own show it. */
  readonly arrival: { readonly first: string }
  readonly sequences: readonly Sequence[]
}

const { sequences, arrival }: Expectations = JSON.parse(
  readFileSync(new URL('expected.json', fixtures), 'utf8'),
)

/** What comes out of receiver and assembler when all timers have expired. */
async function assembled(files: readonly string[]): Promise<readonly Span[]> {
  const next = new TracesSink()
  const clock = fakeClock(Date.parse(arrival.first))
  const assembly = createComponent(
    spanAssemblyProcessor,
    {},
    { next, clock, profiles: new Map(Object.entries(profiles)) },
  )
  const receiver = createComponent(
    valuestreamReceiver,
    {
      endpoint: '127.0.0.1:0',
      id_scope: 'name',
      // The assembler has to deal with what comes twice.
      duplicate_cache_size: 0,
      sources: { github: {}, gitlab: {}, jenkins: {}, jira: {}, customhttp: {} },
    },
    { next: assembly, clock },
  )
  await assembly.start(testHost())
  await receiver.start(testHost())
  for (const file of files) {
    const { headers, payload }: { headers?: Record<string, string>; payload: unknown } = JSON.parse(
      readFileSync(new URL(file, fixtures), 'utf8'),
    )
    const path = file.startsWith('jiracloud/') ? 'jira' : file.slice(0, file.indexOf('/'))
    const answer = await request(new URL(`/${path}`, receiver.url ?? ''), {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(payload),
    })
    await answer.body.dump()
    expect(answer.statusCode).toBeLessThan(300)
  }
  await receiver.shutdown(limit())
  await assembly.flush()
  await assembly.shutdown(limit())
  return next.spans
}

/** Ids, times and marks exactly; of other attributes and of the resource there may be more. */
function expectSpans(actual: readonly Span[], wanted: readonly PlainSpan[]): void {
  const spans = sorted(actual.map(comparable))
  const expected = sorted(wanted)
  expect(spans.map(exact)).toEqual(expected.map(exact))
  expect(spans).toMatchObject(expected)
}

function comparable(span: Span): PlainSpan {
  const { attributes, resource, ...rest } = toPlain(span)
  return { ...rest, attributes: numbers(attributes), resource: numbers(resource) }
}

type Attributes = NonNullable<PlainSpan['attributes']>

/** The fixtures write doubles without a fraction like integers. */
function numbers(attributes: Attributes): Attributes {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [
      name,
      typeof value === 'object' && value !== null && 'double' in value ? value['double'] : value,
    ]),
  )
}

function exact({ attributes = {}, ...rest }: PlainSpan): unknown {
  const marks = Object.entries(attributes).filter(([name]) => name.startsWith('spanloom.'))
  return { ...rest, resource: {}, marks: Object.fromEntries(marks) }
}

function sorted(spans: readonly PlainSpan[]): readonly PlainSpan[] {
  return spans.toSorted((a, b) => a.spanId.localeCompare(b.spanId))
}

function shuffled<T>(items: readonly T[], random: () => number): readonly T[] {
  return items
    .map((item) => ({ item, order: random() }))
    .toSorted((a, b) => a.order - b.order)
    .map(({ item }) => item)
}

describe('deliveries of the tools become the spans of the fixtures', () => {
  // The assertions are in expectSpans.
  // oxlint-disable-next-line vitest/expect-expect
  it.each(sequences)('$name', async ({ files, spans }) => {
    expectSpans(await assembled(files), spans)
  })

  // oxlint-disable-next-line vitest/expect-expect
  it.each(sequences)('$name, against time and with everything twice', async ({ files, spans }) => {
    expectSpans(await assembled(files.toReversed()), spans)
    expectSpans(await assembled([...files, ...files]), spans)
    expectSpans(await assembled(files.flatMap((file) => [file, file])), spans)
  })

  it('all at once, in any order', async () => {
    const files = [...new Set(sequences.flatMap((sequence) => sequence.files))]
    const expected = sorted((await assembled(files)).map(comparable))
    for (let seed = 1; seed <= 20; seed += 1) {
      const spans = await assembled(shuffled([...files, ...files], seededRandom(seed)))
      expect(sorted(spans.map(comparable)), `seed ${seed}`).toEqual(expected)
    }
  })
})
