import * as fc from 'fast-check'
import { expect, it } from 'vitest'

import { PermanentError } from '../../src/errors/errors.ts'
import { tracesArbitrary } from '../../src/testing/arbitraries.ts'
import { toPlain } from '../../src/testing/plain-span.ts'
import { parseOtlpJson, toOtlpJson, Traces } from '../../src/traces/index.ts'
import { check } from './check.ts'
import { damaged, damages } from './mutate.ts'
import { drawFrom, scramble, tracesShape } from './scramble.ts'

/** The batch; undefined for data that was refused as it should be. */
function accepted(read: () => Traces): Traces | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof PermanentError && error.code === 'INVALID_OTLP' && error.grpcStatus === 3)
      return undefined
    throw error
  }
}

/** Reads and changes everything: whatever was accepted must stand it. */
function use(traces: Traces): void {
  const plain = [...traces.spans()].map(toPlain)
  const changed = traces
    .map((one) =>
      one.with({ attributes: { a: 1 }, removeAttributes: ['b'], status: { code: 'OK' }, addEvents: [] }),
    )
    .mapResources((resource) => resource.with({ attributes: { r: 1 } }))
  const parts = traces.split(1, 'items')

  expect(plain).toHaveLength(traces.spanCount)
  expect(Traces.fromProtobuf(changed.toProtobuf()).spanCount).toBe(traces.spanCount)
  expect(Traces.fromProtobuf(Traces.concat(parts).toProtobuf()).spanCount).toBe(traces.spanCount)
  expect(Traces.trusted(traces.toProtobuf()).spanCount).toBe(traces.spanCount)
  expect(parseOtlpJson(toOtlpJson(traces)).spanCount).toBe(traces.spanCount)
}

it('refuses damaged bytes or can read all of them', () => {
  let survivors = 0
  check(
    fc.property(tracesArbitrary({ maxLength: 3 }), damages(), fc.nat(), (traces, harm, seed) => {
      const options = { draw: drawFrom(seed), unknownFields: seed % 2 === 0 }
      const { bytes } = scramble(traces.toProtobuf(), tracesShape, options)
      const read = accepted(() => Traces.fromProtobuf(damaged(bytes, harm)))
      if (read === undefined) return
      survivors++
      use(read)
    }),
    600,
  )
  expect(survivors).toBeGreaterThan(0)
})

it('refuses every prefix that ends within a field', () => {
  check(
    fc.property(
      tracesArbitrary({ maxLength: 2 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (traces, share) => {
        const bytes = traces.toProtobuf()
        const read = accepted(() => Traces.fromProtobuf(bytes.subarray(0, Math.floor(share * bytes.length))))

        expect(read?.spanCount ?? 0).toBeLessThanOrEqual(traces.spanCount)
      },
    ),
    300,
  )
})

it('refuses random bytes or can read all of them', () => {
  check(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const read = accepted(() => Traces.fromProtobuf(bytes))
      if (read !== undefined) use(read)
      expect(read?.byteLength ?? bytes.length).toBe(bytes.length)
    }),
    500,
  )
})

it('refuses damaged JSON or can read all of it', () => {
  let survivors = 0
  check(
    fc.property(tracesArbitrary({ maxLength: 2 }), damages(), (traces, harm) => {
      const read = accepted(() => parseOtlpJson(damaged(Buffer.from(toOtlpJson(traces)), harm)))
      if (read === undefined) return
      survivors++
      use(Traces.fromProtobuf(read.toProtobuf()))
    }),
    500,
  )
  expect(survivors).toBeGreaterThan(0)
})

const names =
  `resourceSpans resource scopeSpans scope spans attributes key value schemaUrl events links status code message kind
  flags name traceId span_id values startTimeUnixNano time_unix_nano stringValue int_value doubleValue bytesValue
  boolValue arrayValue kvlistValue __proto__ constructor toString droppedLinksCount`.split(/\s+/)

it('refuses JSON of a wrong shape or can read it', () => {
  const value = fc.letrec<{ any: unknown }>((tie) => ({
    any: fc.oneof(
      { maxDepth: 9, depthSize: 'large' },
      fc.constantFrom(0, 1, -1, 2.5, 1e30, '', '7', 'aa', 'ab'.repeat(8), null, true, {}, []),
      fc.dictionary(fc.constantFrom(...names), tie('any'), { maxKeys: 4 }),
      fc.array(tie('any'), { maxLength: 3 }),
      fc.array(fc.dictionary(fc.constantFrom(...names), tie('any'), { maxKeys: 3 }), { maxLength: 2 }),
    ),
  })).any
  check(
    fc.property(value, (any) => {
      const span = `{"resourceSpans":[{"scopeSpans":[{"spans":[${JSON.stringify(any)}]}]}]}`
      for (const text of [JSON.stringify(any), span]) {
        const read = accepted(() => parseOtlpJson(text))
        if (read !== undefined) use(Traces.fromProtobuf(read.toProtobuf()))
      }
      expect(accepted(() => parseOtlpJson('{}'))?.spanCount).toBe(0)
    }),
    500,
  )
})
