import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { double, span } from '../traces/index.ts'
import { spanArbitrary } from './arbitraries.ts'
import { fromPlain, type PlainSpan, toPlain } from './plain-span.ts'

const plain = {
  resource: { 'service.name': 'shop' },
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  spanId: '0000000000000001',
  parentSpanId: '',
  name: 'pay',
  kind: 'INTERNAL',
  startTimeUnixNano: '1767225610000000000',
  endTimeUnixNano: '0',
  status: { code: 'UNSET' },
  attributes: { state: 'new', 'spanloom.rank': 7, ratio: 0.029, tags: ['a', 'b'], nested: { on: true } },
  events: [{ timeUnixNano: '5', name: 'seen', attributes: {} }],
  links: [{ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), attributes: { why: 'test' } }],
} satisfies PlainSpan

describe('the notation of the fixtures', () => {
  it('becomes a span and comes back', () => {
    const one = fromPlain(plain)

    expect(toPlain(one)).toEqual(plain)
    expect([one.attribute('spanloom.rank'), one.attribute('ratio')]).toEqual([7, 0.029])
    expect(one.startTimeUnixNano).toBe(1_767_225_610_000_000_000n)
  })

  it('has words for what JSON cannot say', () => {
    const attributes = { double: double(5), long: 2n ** 60n, bytes: Buffer.from([1, 2]) }
    const written = toPlain(span({ traceId: plain.traceId, spanId: plain.spanId, name: '', attributes }))

    expect(written.attributes).toEqual({
      double: { double: 5 },
      long: { int: '1152921504606846976' },
      bytes: { bytes: 'AQI=' },
    })
    expect(fromPlain(written).attributes).toEqual(attributes)
  })

  it('keeps every span', () => {
    fc.assert(
      fc.property(spanArbitrary(), (one) => {
        expect(toPlain(fromPlain(toPlain(one)))).toEqual(toPlain(one))
      }),
    )
  })

  it('needs ids and name only', () => {
    const { traceId, spanId, name } = plain

    expect(toPlain(fromPlain({ traceId, spanId, name }))).toMatchObject({
      resource: {},
      attributes: {},
      kind: 'UNSPECIFIED',
    })
  })
})
