import { describe, expect, it } from 'vitest'

import { Resource } from './resource.ts'
import { Scope } from './scope.ts'
import { type Span, span } from './span.ts'
import { Traces } from './traces.ts'

const shop = Resource.of({ 'service.name': 'shop' })
const store = Resource.of({ 'service.name': 'store' })

function make(index: number, resource: Resource = shop, scope: Scope = Scope.empty): Span {
  return span({
    traceId: 'a'.repeat(32),
    spanId: `b${index}`.padStart(16, '0'),
    name: `span ${index}`,
    resource,
    scope,
  })
}

function names(traces: Traces): string[] {
  return [...traces.spans()].map(({ name }) => name)
}

const four = Traces.of([make(1), make(2), make(3, store), make(4)])

describe('a batch', () => {
  it('groups neighbours of equal resource and scope', () => {
    const traces = Traces.of([
      make(1),
      make(2, Resource.of({ 'service.name': 'shop' })),
      make(3, store),
      make(4),
    ])

    expect([traces.spanCount, traces.resourceSpansCount]).toEqual([4, 3])
    expect(names(traces)).toEqual(['span 1', 'span 2', 'span 3', 'span 4'])
  })

  it('takes spans out of batches of the same layout', () => {
    const batches = ['a', 'b'].map((letter) =>
      Traces.of([1, 2].map((index) => make(index).with({ name: `${letter}${index}` }))),
    )
    const [a1, , , b2] = batches.flatMap((batch) => [...Traces.trusted(batch.toProtobuf()).spans()])
    const taken = [a1, b2].filter((one) => one !== undefined)

    expect(names(Traces.of(taken))).toEqual(['a1', 'b2'])
  })

  it('has one resource object for all spans of a group', () => {
    const [first, second, third] = four.spans()

    expect(first?.resource).toBe(second?.resource)
    expect(first?.resource).not.toBe(third?.resource)
    expect(third?.resource.attribute('service.name')).toBe('store')
  })

  it('of nothing is empty', () => {
    for (const empty of [
      Traces.empty,
      Traces.of([]),
      Traces.concat([]),
      Traces.fromProtobuf(new Uint8Array()),
    ]) {
      expect([empty.spanCount, empty.byteLength, empty.chunks.length, empty.toProtobuf().length]).toEqual([
        0, 0, 0, 0,
      ])
      expect([...empty.spans()]).toEqual([])
      expect(empty.map(() => undefined)).toBe(empty)
      expect(empty.split(1, 'items')).toEqual([empty])
    }
  })

  it('visits the spans that it lists', () => {
    const visited: string[] = []
    four.forEach(({ spanId }) => visited.push(spanId))

    expect(visited).toEqual([...four.spans()].map(({ spanId }) => spanId))
  })

  it('joins without copying', () => {
    const joined = Traces.concat([four, Traces.empty, Traces.of([make(5)])])

    expect(joined.chunks[0]).toBe(four.chunks[0])
    expect([joined.chunks.length, joined.spanCount, joined.resourceSpansCount]).toEqual([2, 5, 4])
    expect(joined.byteLength).toBe(joined.toProtobuf().length)
    expect(names(Traces.fromProtobuf(joined.toProtobuf()))).toEqual(names(joined))
    expect(joined.toProtobuf()).toBe(joined.toProtobuf())
    expect(Traces.concat([four])).toBe(four)
  })

  it('joins very many batches', () => {
    const one = Traces.of([make(1)])
    const many = Traces.concat([Traces.concat(Array.from({ length: 200_000 }, () => one)), one])

    expect(many.spanCount).toBe(200_001)
  })

  it('takes back its own bytes without checking', () => {
    const again = Traces.trusted(new Uint8Array(four.toProtobuf()))

    expect([again.spanCount, again.resourceSpansCount, names(again)]).toEqual([4, 3, names(four)])
    expect(Traces.trusted(new Uint8Array())).toBe(Traces.empty)
  })
})

describe('a batch that is mapped', () => {
  it('is itself when nothing changed', () => {
    expect(four.map((one) => one)).toBe(four)
    expect(four.filter(() => true)).toBe(four)
    expect(four.mapResources((resource) => resource)).toBe(four)
  })

  it('keeps the chunks in which nothing changed', () => {
    const joined = Traces.concat([four, Traces.of([make(5)])])
    const mapped = joined.map((one) => (one.name === 'span 5' ? one.with({ name: 'other' }) : one))

    expect(mapped.chunks[0]).toBe(four.chunks[0])
    expect(names(mapped)).toEqual([...names(four), 'other'])
  })

  it('is empty when every span goes', () => {
    expect(four.filter(() => false)).toBe(Traces.empty)
    expect(four.mapResources(() => undefined)).toBe(Traces.empty)
  })

  it('puts spans of another resource into groups of their own', () => {
    const mapped = four.map((one) => (one.name === 'span 2' ? one.with({ resource: store }) : one))

    expect(names(mapped)).toEqual(names(four))
    expect([...mapped.spans()].map(({ resource }) => resource.attribute('service.name'))).toEqual([
      'shop',
      'store',
      'store',
      'shop',
    ])
    expect(mapped.resourceSpansCount).toBe(3)
  })

  it('hands every resource out once for each group', () => {
    const seen: unknown[] = []
    const mapped = four.mapResources((resource) => {
      seen.push(resource.attribute('service.name'))
      return resource.equals(store) ? undefined : resource.with({ attributes: { zone: 'west' } })
    })

    expect(seen).toEqual(['shop', 'store', 'shop'])
    expect(names(mapped)).toEqual(['span 1', 'span 2', 'span 4'])
    expect([...mapped.spans()].every(({ resource }) => resource.attribute('zone') === 'west')).toBe(true)
  })

  it('keeps groups without spans as long as nothing changes', () => {
    const traces = Traces.fromProtobuf(Buffer.from('0a020a000a00', 'hex'))

    expect([traces.spanCount, traces.resourceSpansCount]).toEqual([0, 2])
    expect(traces.map(() => undefined)).toBe(traces)
  })
})

describe('a batch that is cut', () => {
  it('has parts of at most so many spans', () => {
    const parts = four.split(3, 'items')

    expect(parts.map(names)).toEqual([['span 1', 'span 2', 'span 3'], ['span 4']])
    expect(four.split(4, 'items')).toEqual([four])
  })

  it('has parts of at most so many bytes', () => {
    const same = Traces.of(Array.from({ length: 100 }, (_, index) => make(index)))
    const max = Math.ceil(same.byteLength / 7)
    const parts = same.split(max, 'bytes')

    expect(parts.length).toBeGreaterThanOrEqual(7)
    expect(parts.length).toBeLessThanOrEqual(9)
    for (const part of parts) expect(part.byteLength).toBeLessThanOrEqual(max)
    expect(parts.flatMap(names)).toEqual(names(same))
    expect(same.split(same.byteLength, 'bytes')).toEqual([same])
  })

  it('fills a part to the last byte', () => {
    const two = Traces.of([make(1), make(2)])
    const three = Traces.of([make(1), make(2), make(3)])

    expect(three.split(two.byteLength, 'bytes').map(names)).toEqual([['span 1', 'span 2'], ['span 3']])
    expect(three.split(two.byteLength - 1, 'bytes').map(names)).toEqual([['span 1'], ['span 2'], ['span 3']])
  })

  it('leaves a span whole that is larger than a part', () => {
    expect(four.split(1, 'bytes').map(names)).toEqual([['span 1'], ['span 2'], ['span 3'], ['span 4']])
  })

  it('goes over the borders of chunks', () => {
    const joined = Traces.concat([Traces.of([make(1)]), Traces.of([make(2)]), Traces.of([make(3)])])

    expect(joined.split(2, 'items').map(names)).toEqual([['span 1', 'span 2'], ['span 3']])
  })

  it.each([0, -1, Number.NaN])('cannot have parts of %d', (max) => {
    expect(() => four.split(max, 'items')).toThrow(RangeError)
  })
})
