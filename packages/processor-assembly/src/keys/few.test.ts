import * as fc from 'fast-check'
import { expect, it } from 'vitest'

import { type Few, membersOf, withMember, withoutMember } from './few.ts'

it('holds what a set would hold, in its order, however few or many', () => {
  const step = fc.record({ member: fc.nat({ max: 20 }), remove: fc.boolean() })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const set = new Set<number>()
      let few: Few<number> | undefined
      for (const { member, remove } of steps) {
        if (remove) set.delete(member)
        else set.add(member)
        few = remove ? withoutMember(few, member) : withMember(few, member)
        expect([...membersOf(few)]).toEqual([...set])
        expect(few === undefined).toBe(set.size === 0)
      }
    }),
  )
})

it('takes nothing but the member for one', () => {
  expect(withMember(undefined, 'a')).toBe('a')
  expect(withoutMember('a', 'a')).toBeUndefined()
})
