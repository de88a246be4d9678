import * as fc from 'fast-check'
import { expect, it } from 'vitest'

import { tracesArbitrary } from '../../src/testing/arbitraries.ts'
import { toPlain } from '../../src/testing/plain-span.ts'
import { parseOtlpJson, toOtlpJson, Traces } from '../../src/traces/index.ts'
import { check } from './check.ts'
import { drawFrom, scramble, tracesShape } from './scramble.ts'

it('reads the JSON that it writes, byte for byte', () => {
  check(
    fc.property(tracesArbitrary(), (traces) => {
      const again = parseOtlpJson(toOtlpJson(traces))

      expect(again.toProtobuf().equals(traces.toProtobuf())).toBe(true)
      expect(again.resourceSpansCount).toBe(traces.resourceSpansCount)
    }),
    300,
  )
})

it('writes equal JSON for equal meaning, without the fields that OTLP does not have', () => {
  check(
    fc.property(tracesArbitrary(), fc.nat(), (traces, seed) => {
      const options = { draw: drawFrom(seed), unknownFields: true, longVarints: true, parts: true }
      const odd = Traces.fromProtobuf(scramble(traces.toProtobuf(), tracesShape, options).bytes)

      expect(toOtlpJson(odd)).toBe(toOtlpJson(traces))
    }),
  )
})

it('reads names in snake_case, members in any order and ids in capitals', () => {
  check(
    fc.property(tracesArbitrary(), fc.nat(), (traces, seed) => {
      const odd = JSON.stringify(restyled(JSON.parse(toOtlpJson(traces)), drawFrom(seed)))

      expect([...parseOtlpJson(odd).spans()].map(toPlain)).toEqual([...traces.spans()].map(toPlain))
    }),
  )
})

/** The same JSON with other spellings. */
function restyled(value: unknown, draw: (bound: number) => number): unknown {
  if (Array.isArray(value)) return value.map((item) => restyled(item, draw))
  if (Object.is(value, -0)) return '-0'
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([name, inner]): [string, unknown] => {
    const snake = name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
    const isId = /^(?:traceId|spanId|parentSpanId)$/.test(name) && typeof inner === 'string'
    return [draw(2) === 0 ? name : snake, isId ? inner.toUpperCase() : restyled(inner, draw)]
  })
  const unknown: [string, unknown] = ['someNewField', { nested: [1, { x: null }] }]
  return Object.fromEntries([unknown, ...(draw(2) === 0 ? entries : entries.toReversed())])
}
