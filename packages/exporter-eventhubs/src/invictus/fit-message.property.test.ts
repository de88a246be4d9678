import fc from 'fast-check'
import { expect, it } from 'vitest'

import { fitMessage } from './fit-message.ts'
import type { FlowEvent } from './flow-event.ts'

const text = fc.string({ unit: 'binary', maxLength: 300 })

/** Events of any content, numbered by their ids. */
const events = fc
  .array(
    fc.record({
      Properties: fc.record({
        Data: fc.dictionary(fc.string(), text, { maxKeys: 4, noNullPrototype: true }),
      }),
      Error: fc.record({ Description: text }),
    }),
    { maxLength: 6 },
  )
  .map((all) => all.map((event, index) => ({ Id: String(index), ...event })))

it('makes parts that fit, with every event in its order, or counts it', () => {
  fc.assert(
    fc.property(events, fc.integer({ min: 20, max: 2_000 }), (all, maxBytes) => {
      const { bodies, tooLarge } = fitMessage(Buffer.from(JSON.stringify(all)), maxBytes)

      for (const body of bodies) expect(body.length).toBeLessThanOrEqual(maxBytes)
      const fitted = bodies.flatMap((body) => JSON.parse(body.toString()) as readonly FlowEvent[])
      expect(fitted.length + tooLarge).toBe(all.length)
      const numbers = fitted.map(({ Id }) => Number(Id))
      expect(numbers).toEqual(numbers.toSorted((a, b) => a - b))
      for (const { Id, Properties } of fitted) {
        // What was cut is the beginning of what was there; no half of a character is left at its end.
        const before = all[Number(Id)]?.Properties.Data ?? {}
        for (const [name, value] of Object.entries(Properties?.Data ?? {})) {
          expect(JSON.stringify(before[name] ?? '').startsWith(JSON.stringify(value).slice(0, -1))).toBe(true)
        }
      }
    }),
    { numRuns: 300 },
  )
})
