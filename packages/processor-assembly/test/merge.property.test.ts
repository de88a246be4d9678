import { plainAttributes, toPlain } from '@spanloom/core/testing'
import { spanInitArbitrary } from '@spanloom/core/testing/arbitraries'
import {
  type Attributes,
  FieldCursor,
  Resource,
  Scope,
  Span,
  span,
  type SpanInit,
  WireWriter,
} from '@spanloom/core/traces'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'

import { bench, type Plain } from './assembly.ts'

const ids = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '0000000000000001', parentSpanId: '' }
const begin = 1_767_225_600_000_000_000n
const middleMs = 1_767_225_601_000
const end = begin + 5_000_000_000n

/** A number that no version of OTLP uses for a field of a span. */
const futureField = 900

interface Cut {
  readonly init: SpanInit
  readonly unknown: Buffer
}

const cutsArbitrary: fc.Arbitrary<readonly Cut[]> = fc.array(
  fc.record({
    init: spanInitArbitrary(),
    unknown: fc.uint8Array({ minLength: 1, maxLength: 9 }).map((bytes) => Buffer.from(bytes)),
  }),
  { minLength: 2, maxLength: 6 },
)

/** Whatever is in the pieces: the first is the start, the last the end, the others updates in their order. */
function piecesOf(cuts: readonly Cut[]): readonly SpanInit[] {
  return cuts.map(({ init }, index) => ({
    ...init,
    ...ids,
    startTime: index === 0 ? begin : 0n,
    endTime: index === cuts.length - 1 ? end : 0n,
    events: [
      { time: BigInt(middleMs) * 1_000_000n, name: 'in every piece' },
      ...(init.events ?? []).map((event, place) => ({ ...event, name: `${event.name} ${index}.${place}` })),
    ],
  }))
}

const steering = (index: number): Attributes => ({ 'spanloom.rank': index, 'spanloom.event.id': `e${index}` })

function fragmentOf(init: SpanInit, index: number, unknown: Buffer): Span {
  const { buffer, resource, scope, ...made } = span({
    ...init,
    attributes: { ...init.attributes, ...steering(index) },
  })
  const writer = new WireWriter()
  try {
    writer.raw(buffer, made.start, made.end)
    writer.tag(futureField, 2)
    writer.lengthAndBytes(unknown)
    return Span.of(writer.take(), resource, scope)
  } finally {
    writer.release()
  }
}

/** What the pieces come to when everything is decoded, put together and encoded again. */
function merged(pieces: readonly SpanInit[]): Plain {
  const spans = pieces.map((init) => span(init))
  const firstOf = <T>(values: readonly T[], unset: T): T => values.find((value) => value !== unset) ?? unset
  const lastOf = (values: readonly number[]): number => values.findLast((value) => value !== 0) ?? 0
  const seen = new Set<string>()
  const events = spans
    .flatMap((one) => one.events)
    .filter(({ name }) => name !== 'in every piece' || seen.size < seen.add(name).size)
    .toSorted((left, right) =>
      left.timeUnixNano === right.timeUnixNano ? 0 : left.timeUnixNano < right.timeUnixNano ? -1 : 1,
    )
  const last = spans.at(-1)
  const all = span({
    ...ids,
    name:
      firstOf(
        spans.map(({ name }) => name),
        '',
      ) || 'unknown',
    traceState: firstOf(
      spans.map(({ traceState }) => traceState),
      '',
    ),
    kind: firstOf(
      spans.map(({ kind }) => kind),
      'UNSPECIFIED',
    ),
    flags: firstOf(
      spans.map(({ flags }) => flags),
      0,
    ),
    startTime: begin,
    endTime: end,
    attributes: { ...attributesOf(spans), 'spanloom.fragments': spans.length },
    events: events.map(({ timeUnixNano: time, ...rest }) => ({ ...rest, time })),
    links: spans.flatMap(({ links }) => links),
    status: last?.status ?? { code: 'UNSET' },
    droppedAttributesCount: lastOf(spans.map((one) => one.droppedAttributesCount)),
    droppedEventsCount: lastOf(spans.map((one) => one.droppedEventsCount)),
    droppedLinksCount: lastOf(spans.map((one) => one.droppedLinksCount)),
    resource: Resource.of(together(spans.map(({ resource }) => resource.attributes))),
  })
  return toPlain(all)
}

const attributesOf = (spans: readonly Span[]): Attributes =>
  together(spans.map(({ attributes }) => attributes))

/** Without a prototype, so that every key stays a key. */
function together(layers: readonly Attributes[]): Attributes {
  const all: Record<string, Attributes[string]> = Object.create(null)
  for (const layer of layers) for (const [key, value] of Object.entries(layer)) all[key] = value
  return all
}

function unknownFields({ buffer, start, end: to }: Span): readonly string[] {
  const fields = new FieldCursor(buffer, start, to)
  const found: string[] = []
  while (fields.next())
    if (fields.field === futureField) found.push(buffer.toString('hex', fields.start, fields.end))
  return found
}

it('gives by concatenation what decoding, merging and encoding give, in any order', async () => {
  await fc.assert(
    fc.asyncProperty(cutsArbitrary, fc.infiniteStream(fc.nat()), async (cuts, keys) => {
      const pieces = piecesOf(cuts)
      const fragments = pieces.map((init, index) =>
        fragmentOf(init, index, cuts[index]?.unknown ?? Buffer.alloc(0)),
      )
      const order = fragments
        .map((fragment) => ({ fragment, key: keys.next().value }))
        .toSorted((left, right) => left.key - right.key)
      const run = bench()
      run.clock.setWall(middleMs)

      await run.add(...order.map(({ fragment }) => fragment))
      await run.drain('all')

      const [made, ...more] = run.take()
      expect(more).toEqual([])
      if (made === undefined) throw new Error('Nothing came out.')
      expect(toPlain(made)).toEqual(merged(pieces))
      expect(unknownFields(made)).toEqual(cuts.map(({ unknown }) => unknown.toString('hex')))
      const scopes = fragments.map(({ scope }) => scope)
      expect(made.scope.equals(scopes.find((scope) => !scope.equals(Scope.empty)) ?? Scope.empty)).toBe(true)
    }),
    { numRuns: 300 },
  )
}, 60_000)

it('writes every attribute key once', async () => {
  await fc.assert(
    fc.asyncProperty(cutsArbitrary, async (cuts) => {
      const run = bench()
      run.clock.setWall(middleMs)
      await run.add(...piecesOf(cuts).map((init, index) => fragmentOf(init, index, Buffer.from([1]))))
      await run.drain('all')

      for (const { buffer, start, end: to, attributes } of run.take()) {
        const fields = new FieldCursor(buffer, start, to)
        let count = 0
        while (fields.next()) if (fields.field === 9) count++
        expect(count).toBe(Object.keys(plainAttributes(attributes)).length)
      }
    }),
    { numRuns: 100 },
  )
}, 60_000)
