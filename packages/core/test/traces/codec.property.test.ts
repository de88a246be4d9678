import * as fc from 'fast-check'
import { expect, it } from 'vitest'

import {
  attributesArbitrary,
  attributeValueArbitrary,
  spanArbitrary,
  spanInitArbitrary,
  tracesArbitrary,
} from '../../src/testing/arbitraries.ts'
import { toPlain } from '../../src/testing/plain-span.ts'
import {
  Resource,
  Scope,
  Span,
  span,
  type SpanChange,
  type SpanInit,
  Traces,
  TracesBuilder,
} from '../../src/traces/index.ts'
import { check } from './check.ts'
import { decodeSpan, decodeTraces, encodeTraces } from './otlp-oracle.ts'
import { drawFrom, scramble, tracesShape } from './scramble.ts'
import { eventMessage, keyValues, linkMessage, messageOf } from './span-message.ts'

it('writes spans that another codec reads as they were meant', () => {
  check(
    fc.property(spanInitArbitrary(), (init) => {
      expect(decodeSpan(span(init).bytes)).toEqual(messageOf(init))
    }),
    300,
  )
})

it('reads back every value of an attribute in its exact type', () => {
  check(
    fc.property(fc.string(), attributeValueArbitrary(), (key, value) => {
      const { bytes } = span({
        traceId: 'a'.repeat(32),
        spanId: 'b'.repeat(16),
        name: 'x',
        attributes: { [key]: value },
      })
      const read = Span.of(bytes, Resource.empty, Scope.empty)

      expect(read.attribute(key)).toEqual(value)
      expect(read.attributes[key]).toEqual(value)
    }),
    500,
  )
})

it('reads all attributes that it wrote', () => {
  check(
    fc.property(attributesArbitrary(), (attributes) => {
      const resource = Resource.of(attributes)

      expect(Object.entries(resource.attributes)).toEqual(Object.entries(attributes))
      for (const key of Object.keys(attributes)) expect(resource.attribute(key)).toEqual(attributes[key])
      expect(resource.attribute('no such key')).toBeUndefined()
    }),
  )
})

it('accepts what it writes and what another codec makes of it', () => {
  check(
    fc.property(tracesArbitrary(), (traces) => {
      const bytes = traces.toProtobuf()
      const again = Traces.fromProtobuf(encodeTraces(decodeTraces(bytes)))

      expect(Traces.fromProtobuf(bytes).spanCount).toBe(traces.spanCount)
      expect([...again.spans()].map(toPlain)).toEqual([...traces.spans()].map(toPlain))
    }),
  )
})

it('reads odd encodings of the same meaning as the plain one', () => {
  check(
    fc.property(tracesArbitrary(), fc.nat(), (traces, seed) => {
      const options = { draw: drawFrom(seed), unknownFields: true, longVarints: true, parts: true }
      const { bytes } = scramble(traces.toProtobuf(), tracesShape, options)
      const odd = Traces.fromProtobuf(bytes)

      expect(odd.spanCount).toBe(traces.spanCount)
      expect([...odd.spans()].map(toPlain)).toEqual([...traces.spans()].map(toPlain))
      expect([...odd.spans()].map(({ scope }) => [scope.name, scope.version, scope.schemaUrl])).toEqual(
        [...traces.spans()].map(({ scope }) => [scope.name, scope.version, scope.schemaUrl]),
      )
    }),
    300,
  )
})

it('changes a span as if it were decoded, changed and encoded', () => {
  check(
    fc.property(spanInitArbitrary(), spanInitArbitrary(), fc.nat(), (init, other, seed) => {
      const change = pick(changeOf(other, Object.keys(init.attributes ?? {})), drawFrom(seed))

      expect(decodeSpan(span(init).with(change).bytes)).toEqual(changedMessage(messageOf(init), change))
    }),
    500,
  )
})

function changeOf(other: SpanInit, keys: readonly string[]): SpanChange {
  const { attributes = {}, events, links, ...fields } = other
  const [first, second, third] = keys
  return {
    ...fields,
    attributes: first === undefined ? attributes : { ...attributes, [first]: 'replaced' },
    removeAttributes: [second, third, 'not there'].filter((key) => key !== undefined),
    addEvents: events,
    addLinks: links,
  }
}

it('builds the same spans as making them one by one', () => {
  check(
    fc.property(
      fc.array(spanInitArbitrary(), { maxLength: 8 }),
      fc.array(spanArbitrary()),
      (inits, spans) => {
        const builder = new TracesBuilder()
        for (const init of inits) builder.add(init)
        for (const one of spans) builder.add(one)
        expect(builder.spanCount).toBe(inits.length + spans.length)
        const traces = builder.build()

        expect(Traces.fromProtobuf(traces.toProtobuf()).spanCount).toBe(inits.length + spans.length)
        expect(sorted(traces.spans())).toEqual(sorted([...inits.map(span), ...spans]))
        expect(traces.resourceSpansCount).toBe(new Set([...traces.spans()].map(resourceKey)).size)
      },
    ),
  )
})

it('cuts into parts that are together the whole', () => {
  check(
    fc.property(
      tracesArbitrary(),
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 2000 }),
      (traces, items, bytes) => {
        const whole = [...traces.spans()].map(toPlain)
        const byItems = traces.split(items, 'items')
        const byBytes = traces.split(bytes, 'bytes')

        for (const part of byItems) expect(part.spanCount).toBeLessThanOrEqual(items)
        for (const { byteLength } of byBytes.filter(({ spanCount }) => spanCount > 1)) {
          expect(byteLength).toBeLessThanOrEqual(bytes)
        }
        for (const parts of [byItems, byBytes]) {
          const joined = Traces.concat(parts)
          expect(joined.spanCount).toBe(traces.spanCount)
          expect([...joined.spans()].map(toPlain)).toEqual(whole)
          for (const part of parts)
            expect(Traces.fromProtobuf(part.toProtobuf()).spanCount).toBe(part.spanCount)
        }
      },
    ),
  )
})

it('maps and filters as a list of spans would', () => {
  check(
    fc.property(tracesArbitrary(), fc.nat(), (traces, seed) => {
      const fates = Array.from({ length: traces.spanCount }, drawFate(drawFrom(seed)))
      const apply = (): ((one: Span) => Span | undefined) => {
        let index = 0
        return (one) => changedBy(fates[index++] ?? 'keep', one)
      }
      const mapped = traces.map(apply())
      const expected = [...traces.spans()].map(apply()).filter((one) => one !== undefined)

      expect(Traces.fromProtobuf(mapped.toProtobuf()).spanCount).toBe(mapped.spanCount)
      expect([...mapped.spans()].map(toPlain)).toEqual(expected.map(toPlain))
      expect(mapped.byteLength).toBe(mapped.toProtobuf().length)
      expect(mapped === traces).toBe(fates.every((fate) => fate === 'keep'))
    }),
  )
})

type Fate = 'keep' | 'drop' | 'rename' | 'move'

function drawFate(draw: (bound: number) => number): () => Fate {
  const fates: readonly Fate[] = ['keep', 'keep', 'keep', 'drop', 'rename', 'move']
  return () => fates[draw(fates.length)] ?? 'keep'
}

function changedBy(fate: Fate, one: Span): Span | undefined {
  if (fate === 'drop') return undefined
  if (fate === 'rename') return one.with({ name: 'renamed' })
  return fate === 'move' ? one.with({ resource: { moved: true } }) : one
}

/** Some of the parts of a change. */
function pick(change: SpanChange, draw: (bound: number) => number): SpanChange {
  return Object.fromEntries(Object.entries(change).filter(() => draw(2) === 0))
}

/** The same change on the decoded message. */
function changedMessage(message: ReturnType<typeof messageOf>, change: SpanChange): unknown {
  const {
    attributes,
    removeAttributes = [],
    addEvents = [],
    addLinks = [],
    status,
    resource: _resource,
    scope: _scope,
    ...fields
  } = change
  const gone = new Set([...Object.keys(attributes ?? {}), ...removeAttributes])
  const { traceId = '', spanId = '', name = '', ...others } = fields
  const next = messageOf({ ...defined(others), traceId, spanId, name })
  const set = Object.fromEntries(Object.keys(fields).map((key) => [fieldOf(key), next[fieldOf(key)]]))
  return {
    ...message,
    ...set,
    ...(status === undefined
      ? {}
      : { status: { code: ['UNSET', 'OK', 'ERROR'].indexOf(status.code), message: status.message ?? '' } }),
    attributes: [
      ...listOf(message['attributes']).filter((entry) => !gone.has(keyIn(entry))),
      ...keyValues(attributes),
    ],
    events: [...listOf(message['events']), ...addEvents.map(eventMessage)],
    links: [...listOf(message['links']), ...addLinks.map(linkMessage)],
  }
}

function fieldOf(key: string): string {
  return key === 'startTime' || key === 'endTime' ? `${key}UnixNano` : key
}

function defined<T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  // What is undefined has been taken out.
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function keyIn(entry: unknown): string {
  return typeof entry === 'object' && entry !== null && 'key' in entry ? String(entry.key) : ''
}

function resourceKey({ resource }: Span): string {
  return resource.envelope.bytes.toString('hex')
}

function sorted(spans: Iterable<Span>): string[] {
  return [...spans].map((one) => JSON.stringify(toPlain(one))).toSorted()
}
