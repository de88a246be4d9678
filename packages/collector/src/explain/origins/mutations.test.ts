import fc from 'fast-check'
import { expect, it } from 'vitest'

import { mutationsOf, otherTexts } from './mutations.ts'

it.each([
  ['a date stays a date', '2026-01-31', '2026-01-30'],
  ['a time moves by a second', '2026-01-31 12:00:59Z', '2026-01-31 12:00:58Z'],
  [
    'a time with a fraction moves by a millisecond',
    '2019-07-23 08:55:04.0500000 +00:00',
    '2019-07-23 08:55:04.0510000 +00:00',
  ],
  ['a uuid stays a uuid', 'edbd5ddb-b206-4437-8ac3-5401b148c8cb', 'edbd5ddc-b207-4438-8ac4-5401b148c8cc'],
  ['hex stays hex', '00f067aa0ba902ff', '00f067aa0ba902fe'],
  ['a number stays a number', '999', '990'],
  ['every word becomes another one', 'refs/heads/main', 'reft/headt/maio'],
  ['an empty text becomes one', '', 'x'],
])('%s', (_what, text, other) => {
  expect(otherTexts(text)[0]).toBe(other)
})

it('gives other values of the same type, and none for null', () => {
  expect(mutationsOf('null')).toEqual([])
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'grapheme' }),
        fc.integer(),
        fc.boolean(),
        fc.double({ min: -1e9, max: 1e9, noNaN: true }),
      ),
      (value) => {
        const others = mutationsOf(JSON.stringify(value))
        expect(others.length).toBeGreaterThan(0)
        for (const other of others) {
          const read: unknown = JSON.parse(other)
          expect(typeof read).toBe(typeof value)
          expect(read).not.toBe(value)
        }
      },
    ),
  )
})
