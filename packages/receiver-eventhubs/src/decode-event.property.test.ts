import fc from 'fast-check'
import { expect, it } from 'vitest'

import { decodeEvent, EventError } from './decode-event.ts'

it('makes spans of any bytes, or says why not', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array({ maxLength: 300 }),
        fc.json().map((text) => Buffer.from(text)),
      ),
      fc.constantFrom('auto' as const, 'otlp_proto' as const, 'otlp_json' as const),
      fc.option(fc.constantFrom('application/json', 'application/x-protobuf', ''), { nil: undefined }),
      fc.constantFrom({}, { 'content-encoding': 'gzip' }, { 'content-type': 7 }),
      (body, encoding, contentType, properties) => {
        const event = { body, properties, ...(contentType === undefined ? {} : { contentType }) }
        expect(outcomeOf(() => decodeEvent(event, { encoding, maxBodySize: 1_000 }).spanCount)).toBe('known')
      },
    ),
    { numRuns: 2_000 },
  )
})

function outcomeOf(decode: () => number): 'known' | 'unknown' {
  try {
    return decode() > 0 ? 'known' : 'unknown'
  } catch (error) {
    return error instanceof EventError ? 'known' : 'unknown'
  }
}
