import { Traces } from '@spanloom/core'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'

import { decodeText, encodeText, type Fact } from '../src/fact.ts'
import { Newest } from '../src/newest.ts'
import { readFact } from '../src/read-fact.ts'
import { week } from './stream.ts'

const [pattern] = Traces.of(week.slice(8)).spans()
const base = pattern && readFact(pattern, [])

const facts: fc.Arbitrary<Fact> = fc
  .record({ id: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), end: fc.nat(8), failed: fc.boolean() })
  .map((some) => Object.assign({}, base, some))

it('keeps the same facts whatever the order, and never more than it may', () => {
  fc.assert(
    fc.property(
      fc.array(facts, { maxLength: 30 }),
      fc.integer({ min: 1, max: 5 }),
      fc.func(fc.nat()),
      (list, limit, rank) => {
        const contentOf = (all: readonly Fact[]): readonly string[] => {
          const newest = new Newest(limit)
          for (const fact of all) newest.add(fact)
          return [...newest.values()].map(encodeText).toSorted()
        }
        const content = contentOf(list)
        expect(
          contentOf(
            list
              .map((fact, at) => [rank(at), fact] as const)
              .toSorted(([a], [b]) => a - b)
              .map(([, fact]) => fact),
          ),
        ).toEqual(content)
        expect(contentOf(list.toReversed())).toEqual(content)
        expect(contentOf([...list, ...list])).toEqual(content)
        expect(content.length).toBeLessThanOrEqual(limit)
      },
    ),
  )
})

it('tells of every fact that comes and goes', () => {
  fc.assert(
    fc.property(fc.array(facts, { maxLength: 40 }), fc.integer({ min: 1, max: 4 }), (list, limit) => {
      const newest = new Newest(limit)
      const told = new Map<string, string>()
      for (const fact of list) {
        const { kept, evicted } = newest.add(fact)
        if (evicted) told.delete(evicted.id)
        if (kept) told.set(kept.id, encodeText(kept))
      }
      expect([...told.values()].toSorted()).toEqual([...newest.values()].map(encodeText).toSorted())
    }),
  )
})

it('reads back what it wrote, and nothing else', () => {
  for (const span of week) {
    const fact = readFact(span, [])
    expect(fact && decodeText(encodeText(fact))).toEqual(fact)
  }
  fc.assert(fc.property(fc.jsonValue(), (value) => void decodeText(JSON.stringify(value))))
  for (const text of ['', '{', 'null', '[]', '["deployment"]']) expect(decodeText(text)).toBeUndefined()
})
