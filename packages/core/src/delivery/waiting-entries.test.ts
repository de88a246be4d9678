import fc from 'fast-check'
import { expect, it } from 'vitest'

import { WaitingEntries } from './waiting-entries.ts'

const operation = fc.oneof(
  fc.record({ add: fc.integer({ min: 0, max: 20 }) }),
  fc.record({ take: fc.integer({ min: 0, max: 20 }) }),
)

it('gives what is due, the earliest first and of equal ones the lowest id', () => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 60 }), (operations) => {
      const waiting = new WaitingEntries<{ readonly id: number }>()
      let model: { readonly id: number; readonly dueAt: number }[] = []
      for (const [id, each] of operations.entries()) {
        let [taken, expected]: (number | undefined)[] = []
        if ('add' in each) {
          waiting.add({ id }, each.add)
          model.push({ id, dueAt: each.add })
          model.sort((a, b) => a.dueAt - b.dueAt || a.id - b.id)
        } else {
          const first = model[0]
          expected = first !== undefined && first.dueAt <= each.take ? first.id : undefined
          taken = waiting.takeDue(each.take)?.id
          if (expected !== undefined) model = model.slice(1)
        }
        expect([taken, waiting.size, waiting.nextDueAt]).toEqual([expected, model.length, model[0]?.dueAt])
      }
    }),
  )
})
