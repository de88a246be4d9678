import * as fc from 'fast-check'
import { expect, it } from 'vitest'

import { decodeRemembered, encodeRemembered } from './remembered-codec.ts'
import type { Remembered } from './remembered.ts'

const hex = (bytes: number): fc.Arbitrary<string> =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((id) => Buffer.from(id).toString('hex'))
const time = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })
const text = fc.string({ unit: 'grapheme', maxLength: 200 })
const place = fc.record({ time, rank: fc.double({ noNaN: true }), arrival: fc.nat() })

const rememberedArbitrary: fc.Arbitrary<Remembered> = fc
  .record({
    traceId: hex(16),
    spanId: hex(8),
    parentSpanId: fc.oneof(fc.constant(''), hex(8)),
    parentKey: text,
    name: text,
    start: time,
    end: time,
    startTold: fc.boolean(),
    startAssumed: fc.boolean(),
    endTold: fc.boolean(),
    endRank: fc.maxSafeInteger(),
    endStatus: fc.record({ code: fc.nat({ max: 3 }), message: text }),
    opened: place,
    closed: place,
    aliases: fc.array(text, { maxLength: 4 }),
  })
  .map((one) => (one.parentSpanId === '' ? { ...one, parentKey: '' } : one))

it('reads what it wrote', () => {
  fc.assert(
    fc.property(fc.array(rememberedArbitrary, { maxLength: 5 }), (runs) => {
      const bytes = encodeRemembered(runs, (written) => Buffer.from(written))
      expect(decodeRemembered(bytes)).toEqual(runs)
    }),
  )
})
