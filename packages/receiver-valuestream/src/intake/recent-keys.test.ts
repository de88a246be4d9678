import { fakeClock } from '@spanloom/core/testing'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'

import { RecentKeys } from './recent-keys.ts'

it('keeps the keys that were added or asked for last', () => {
  const step = fc.record({ key: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), add: fc.boolean() })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), fc.integer({ min: 1, max: 4 }), (steps, max) => {
      const recent = new RecentKeys(max, 1_000, fakeClock())
      let model: readonly string[] = []
      for (const { key, add } of steps) {
        const isKnown = model.includes(key)
        const answer = add ? isKnown : recent.has(key, false)
        expect(answer).toBe(isKnown)
        if (add) recent.add(key)
        if (add || isKnown) model = [...model.filter((one) => one !== key), key].slice(-max)
        expect(recent.size).toBe(model.length)
      }
    }),
  )
})
