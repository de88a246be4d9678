import { isPermanent } from '@spanloom/core'
import fc from 'fast-check'
import { expect, it } from 'vitest'

import { decodeFrames, encodeFrames, type FramedEvent } from './frames.ts'

const framedEvent: fc.Arbitrary<FramedEvent> = fc
  .record({
    body: fc.uint8Array({ maxLength: 200 }),
    form: fc.constantFrom('otlp_proto' as const, 'otlp_json' as const, 'invictus' as const),
    spans: fc.nat(),
    key: fc.option(fc.string({ unit: 'binary' }), { nil: undefined }),
    isPacked: fc.boolean(),
  })
  .map(({ body, form, spans, key, isPacked }) => ({
    body,
    form,
    spans,
    ...(key === undefined ? {} : { partitionKey: key }),
    ...(isPacked ? { compression: 'gzip' as const } : {}),
  }))

it('gives back what it was made of', () => {
  fc.assert(
    fc.property(fc.array(framedEvent), (events) => {
      const decoded = decodeFrames(encodeFrames(events))
      expect(decoded.map((event) => ({ ...event, body: Uint8Array.from(event.body) }))).toEqual(events)
    }),
  )
})

it('refuses damaged bytes for good, whatever they are', () => {
  fc.assert(
    fc.property(
      fc.array(framedEvent, { minLength: 1 }),
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      (events, at, flip) => {
        const bytes = encodeFrames(events)
        const damaged = Buffer.from(bytes)
        const index = at % damaged.length
        damaged[index] = (damaged[index] ?? 0) ^ flip
        for (const each of [damaged, bytes.subarray(0, index)]) expect(outcomeOf(each)).not.toBe('other')
      },
    ),
  )
  expect(outcomeOf(Buffer.from('{}'))).toBe('refused')
})

function outcomeOf(bytes: Uint8Array): 'read' | 'refused' | 'other' {
  try {
    decodeFrames(bytes)
    return 'read'
  } catch (error) {
    return isPermanent(error) ? 'refused' : 'other'
  }
}
