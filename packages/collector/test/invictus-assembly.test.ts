import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import {
  createComponent,
  fakeClock,
  type PlainSpan,
  seededRandom,
  testHost,
  testTelemetry,
  toPlain,
  TracesSink,
} from '@spanloom/core/testing'
import { spanAssemblyProcessor } from '@spanloom/processor-assembly'
import { invictusReceiver, profiles } from '@spanloom/receiver-invictus'
import { afterAll, describe, expect, it, vi } from 'vitest'

const fixtures = new URL('../../receiver-invictus/test/fixtures/', import.meta.url)
const folder = mkdtempSync(join(tmpdir(), 'spanloom-invictus-'))
const limit = (): AbortSignal => AbortSignal.timeout(5_000)

interface Message {
  readonly enqueuedTimeUtc?: string
  readonly applicationProperties?: Readonly<Record<string, string>>
  readonly body: readonly unknown[]
}

interface Expected {
  readonly spans: readonly PlainSpan[]
  readonly rejected: number
  readonly duplicates: number
}

const expected: Readonly<Record<string, Expected>> = JSON.parse(text('expected.json'))
const names = readdirSync(fixtures).filter((name) => /^\d/.test(name) && !name.includes('export'))
/** The first of two equal events gives the link, so the order of its messages matters. */
const anyOrder = names.filter((name) => name !== '11-resent.json')

afterAll(() => {
  rmSync(folder, { recursive: true })
})

function text(name: string): string {
  return readFileSync(new URL(name, fixtures), 'utf8')
}

function withBody(message: Message, body: readonly unknown[]): Message {
  return { ...message, body }
}

/** The messages of a fixture, in order of arrival. */
function messagesOf(name: string): readonly Message[] {
  const input: { readonly messages: readonly Message[] } | readonly unknown[] = JSON.parse(text(name))
  return 'messages' in input ? input.messages : [{ body: input }]
}

/** What comes out of receiver and assembler when all timers have expired. */
async function assembled(messages: readonly Message[]): Promise<Expected> {
  const next = new TracesSink()
  const telemetry = testTelemetry()
  const clock = fakeClock()
  const assembly = createComponent(
    spanAssemblyProcessor,
    {},
    { next, clock, profiles: new Map(Object.entries(profiles)) },
  )
  const path = join(folder, 'messages.json')
  writeFileSync(path, JSON.stringify({ messages }))
  const file = { include: [path], format: 'document' }
  const receiver = createComponent(invictusReceiver, { file }, { next: assembly, telemetry, clock })

  await assembly.start(testHost())
  await receiver.start(testHost())
  const read = 'All files are read.'
  await vi.waitUntil(() => telemetry.logger.lines.some(({ message }) => message === read), { interval: 1 })
  await assembly.flush()
  await receiver.shutdown(limit())
  await assembly.shutdown(limit())
  const rejected = [...telemetry.dropped.values()].reduce((sum, count) => sum + count, 0)
  return { spans: next.spans.map(plain), rejected, duplicates: assembly.counters.dropped.duplicate }
}

/** A span in the notation of the fixtures, which leave out the flags that all spans have. */
function plain(span: Parameters<typeof toPlain>[0]): PlainSpan {
  const { flags: _, ...rest } = toPlain(span)
  return rest
}

/** Spans as a set. */
function sorted(spans: readonly PlainSpan[]): readonly PlainSpan[] {
  return spans.toSorted((a, b) => a.spanId.localeCompare(b.spanId))
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  return items
    .map((item) => ({ item, order: random() }))
    .toSorted((a, b) => a.order - b.order)
    .map(({ item }) => item)
}

function expectedOf(name: string): Expected {
  const found = expected[name]
  if (found === undefined) throw new Error(`${name} has no expectation.`)
  return { ...found, spans: sorted(found.spans) }
}

async function spansOf(messages: readonly Message[]): Promise<readonly PlainSpan[]> {
  return sorted((await assembled(messages)).spans)
}

describe('invictus events become the spans of the fixtures', () => {
  it.each(names)('%s, in the order of the file', async (name) => {
    const outcome = await assembled(messagesOf(name))
    expect({ ...outcome, spans: sorted(outcome.spans) }).toEqual(expectedOf(name))
  })

  it.each(anyOrder)('%s, with messages and events in any order', { timeout: 60_000 }, async (name) => {
    for (let seed = 1; seed <= 200; seed += 1) {
      const random = seededRandom(seed)
      const messages = shuffled(messagesOf(name), random).map((message) =>
        withBody(message, shuffled(message.body, random)),
      )
      expect(await spansOf(messages), `seed ${seed}`).toEqual(expectedOf(name).spans)
    }
  })

  it.each(anyOrder)('%s, with everything twice', async (name) => {
    const messages = messagesOf(name)
    expect(await spansOf([...messages, ...messages])).toEqual(expectedOf(name).spans)
    expect(await spansOf(messages.flatMap((message) => [message, message]))).toEqual(expectedOf(name).spans)
    const doubled = messages.map((message) => withBody(message, [...message.body, ...message.body]))
    expect(await spansOf(doubled)).toEqual(expectedOf(name).spans)
  })

  it.each(anyOrder)('%s, with every event in a message of its own', async (name) => {
    const messages = messagesOf(name).flatMap((message) =>
      message.body.map((event) => withBody(message, [event])),
    )
    expect(await spansOf(messages)).toEqual(expectedOf(name).spans)
    expect(await spansOf(messages.toReversed())).toEqual(expectedOf(name).spans)
  })
})
