import * as fc from 'fast-check'
import { expect, it } from 'vitest'

import { Timers } from './timers.ts'

type Step =
  | { readonly set: number; readonly due: number }
  | { readonly clear: number }
  | { readonly pass: number }

const slot = fc.nat({ max: 40 })
const stepArbitrary: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ set: slot, due: fc.nat({ max: 1_000 }) }) },
  { weight: 1, arbitrary: fc.record({ clear: slot }) },
  { weight: 2, arbitrary: fc.record({ pass: fc.nat({ max: 200 }) }) },
)

it('calls every slot when it is due, whatever is set, put off and cleared', () => {
  fc.assert(
    fc.property(fc.array(stepArbitrary, { maxLength: 200 }), (steps) => {
      const timers = new Timers()
      const dues = new Map<number, number>()
      let now = 0
      for (const step of steps) {
        if ('set' in step) {
          timers.set(step.set, now + step.due)
          dues.set(step.set, now + step.due)
        } else if ('clear' in step) {
          timers.clear(step.clear)
          dues.delete(step.clear)
        } else now += step.pass
        const soon = [...dues].filter(([, due]) => due <= now + 100).map(([one]) => one)
        expect([...timers.dueBy(now + 100)].toSorted((a, b) => a - b)).toEqual(soon.toSorted((a, b) => a - b))
        const called: number[] = []
        for (let next = timers.next(now); next !== undefined; next = timers.next(now)) {
          called.push(next)
          timers.clear(next)
        }
        const wanted = [...dues].filter(([, due]) => due <= now).map(([one]) => one)
        expect(called.toSorted((a, b) => a - b)).toEqual(wanted.toSorted((a, b) => a - b))
        for (const one of called) dues.delete(one)
        expect(timers.earliest).toBeLessThanOrEqual(Math.min(Number.POSITIVE_INFINITY, ...dues.values()))
      }
    }),
  )
})

it('has nothing to do when nothing is set', () => {
  const timers = new Timers()

  expect(timers.next(Number.MAX_SAFE_INTEGER)).toBeUndefined()
  expect(timers.earliest).toBe(Number.POSITIVE_INFINITY)
})

it('holds more slots than it began with', () => {
  const timers = new Timers()
  for (let one = 0; one < 5_000; one++) timers.set(one, 5_000 - one)

  expect(timers.next(1)).toBe(4_999)
  expect(timers.due(0)).toBe(5_000)
})
