import { Resource, Scope } from '@spanloom/core/traces'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'

import { MemoryStore } from './memory-store.ts'
import type { StoredFragment } from './store.ts'

const resources = ['shop', 'store', 'bank'].map((name) => Resource.of({ 'service.name': name }))
const scopes = ['', 'library'].map((name) => Scope.of({ name }))

type Step =
  | { readonly append: number; readonly size: number; readonly print: number; readonly origin: number }
  | { readonly release: number; readonly every: number; readonly memory: number }
  | { readonly remove: number }

const slot = fc.nat({ max: 5 })
const stepArbitrary: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      append: slot,
      size: fc.oneof(fc.nat({ max: 300 }), fc.constantFrom(1_000, 16_000, 20_000, 70_000)),
      print: fc.nat({ max: 60 }),
      origin: fc.nat({ max: 5 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      release: slot,
      every: fc.integer({ min: 1, max: 3 }),
      memory: fc.nat({ max: 500 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ remove: slot }) },
)

interface Kept {
  readonly text: string
  readonly resource: string
  readonly scope: string
  readonly arrival: number
}

it('keeps what a plain map would keep, and gives all memory back', () => {
  fc.assert(
    fc.property(fc.array(stepArbitrary, { maxLength: 150 }), (steps) => {
      const store = new MemoryStore()
      const kept = new Map<number, Kept[]>()
      const prints = new Map<number, Set<number>>()
      const memories = new Map<number, string>()
      const freshness: [boolean, boolean][] = []
      let arrival = 0
      for (const step of steps) {
        if ('append' in step) {
          const { append, size, print, origin } = step
          const text = String(++arrival).padEnd(size, 'x')
          const known = prints.get(append) ?? new Set()
          const fragment = stored(text, arrival, origin)
          const fresh = store.append(append, '', fragment, String(print).padStart(16, '0'))
          freshness.push([fresh, !known.has(print)])
          if (!fresh) continue
          prints.set(append, known.add(print))
          const resource = nameOf(fragment)
          const one = { text, resource, scope: fragment.scope.name, arrival }
          kept.set(append, [...(kept.get(append) ?? []), one])
        } else if ('release' in step) {
          const { release, every, memory } = step
          const before = kept.get(release) ?? []
          const gone = new Set(before.filter((_, index) => index % every === 0).map((one) => one.arrival))
          store.release(release, '', gone, memory === 0 ? undefined : Buffer.alloc(memory, 'm'))
          kept.set(
            release,
            before.filter((one) => !gone.has(one.arrival)),
          )
          memories.set(release, 'm'.repeat(memory))
        } else {
          store.delete(step.remove)
          for (const map of [kept, prints, memories]) map.delete(step.remove)
        }
        for (let one = 0; one < 6; one++) {
          const { fragments, memory } = store.read(one)
          expect(fragments.map(plain)).toEqual(kept.get(one) ?? [])
          expect(memory?.toString() ?? '').toBe(memories.get(one) ?? '')
        }
      }
      expect(freshness.filter(([fresh, wanted]) => fresh !== wanted)).toEqual([])
      for (let one = 0; one < 6; one++) store.delete(one)
      expect(store.size).toBe(0)
    }),
    { numRuns: 60 },
  )
})

it('keeps a fragment intact when the sender uses its buffer again', () => {
  const store = new MemoryStore()
  const fragment = stored('first', 1, 0)
  store.append(0, '', fragment, '0'.repeat(16))

  fragment.buffer.fill(0)

  expect(store.read(0).fragments.map(plain)).toEqual([
    { text: 'first', resource: '"shop"', scope: '', arrival: 1 },
  ])
})

function stored(text: string, arrival: number, origin: number): StoredFragment {
  const buffer = Buffer.from(text)
  return {
    buffer,
    from: 0,
    to: buffer.length,
    resource: resources[origin % 3] ?? Resource.empty,
    scope: scopes[origin % 2] ?? Scope.empty,
    arrival,
    arrivedMs: arrival * 2,
    wallNs: 7n,
    closing: 3,
  }
}

function nameOf({ resource }: StoredFragment): string {
  return JSON.stringify(resource.attribute('service.name'))
}

function plain(fragment: StoredFragment): Kept {
  const { buffer, from, to, scope, arrival, resource: _, ...rest } = fragment
  expect(rest).toMatchObject({ arrivedMs: arrival * 2, wallNs: 7n, closing: 3 })
  return {
    text: buffer.toString('latin1', from, to),
    resource: nameOf(fragment),
    scope: scope.name,
    arrival,
  }
}
