import * as fc from 'fast-check'
import { expect, it } from 'vitest'

import { tracesArbitrary } from '../../src/testing/arbitraries.ts'
import { toPlain } from '../../src/testing/plain-span.ts'
import { Resource, Traces, type Span } from '../../src/traces/index.ts'
import { check } from './check.ts'
import { drawFrom, scramble, type Scrambled, tracesShape } from './scramble.ts'

interface Case extends Scrambled {
  readonly traces: Traces
  readonly plain: Traces
  readonly draw: (bound: number) => number
}

/** Batches with unknown fields at every level, beside the same batch without them. */
function oddTraces(): fc.Arbitrary<Case> {
  return fc.tuple(tracesArbitrary(), fc.nat()).map(([plain, seed]) => {
    const draw = drawFrom(seed)
    const { bytes, marks } = scramble(plain.toProtobuf(), tracesShape, { draw, unknownFields: true })
    return { plain, bytes, marks, draw, traces: Traces.fromProtobuf(bytes) }
  })
}

function expectMarks(traces: Traces, marks: readonly string[]): void {
  const bytes = traces.toProtobuf()
  expect(marks.filter((mark) => !bytes.includes(mark))).toEqual([])
  expect(Traces.fromProtobuf(bytes).spanCount).toBe(traces.spanCount)
}

it('keeps unknown fields when a batch passes through', () => {
  check(
    fc.property(oddTraces(), ({ traces, bytes }) => {
      expect(traces.toProtobuf().equals(bytes)).toBe(true)
      expect(traces.filter(() => true)).toBe(traces)
    }),
  )
})

it('keeps unknown fields when spans are changed', () => {
  check(
    fc.property(oddTraces(), ({ traces, plain, marks, draw }) => {
      const change = (one: Span): Span =>
        one.with({ attributes: { added: 1 }, name: 'changed', status: { code: 'OK' } })
      const changed = traces.map((one) => (draw(2) === 0 ? one : change(one)))
      const all = traces.map(change)

      if (plain.spanCount > 0) expectMarks(all, marks)
      expectMarks(changed, changed.spanCount === 0 ? [] : marks)
      expect([...all.spans()].map(toPlain)).toEqual([...plain.map(change).spans()].map(toPlain))
    }),
  )
})

it('keeps unknown fields of the attributes that stay when others are replaced or removed', () => {
  check(
    fc.property(oddTraces(), ({ plain, traces }) => {
      const keyed = traces.map((one) => one.with({ attributes: { goes: 1, first: 'old' } }))
      const changed = keyed.map((one) =>
        one.with({ attributes: { first: 'new' }, removeAttributes: ['goes'] }),
      )
      const expected = plain.map((one) =>
        one.with({ attributes: { first: 'new' }, removeAttributes: ['goes'] }),
      )

      if (plain.spanCount > 0) expectMarks(changed, marksIn(traces, plain))
      expect([...changed.spans()].map(toPlain)).toEqual([...expected.spans()].map(toPlain))
    }),
  )
})

/** The marks outside of attributes that the change above replaces. */
function marksIn(traces: Traces, plain: Traces): string[] {
  const replaced = [...plain.spans()].some((one) => 'goes' in one.attributes || 'first' in one.attributes)
  if (replaced) return []
  return (
    traces
      .toProtobuf()
      .toString('latin1')
      .match(/mark-\d+-\d+;/g) ?? []
  )
}

it('keeps unknown fields of what is left after filtering', () => {
  check(
    fc.property(oddTraces(), fc.nat(), ({ traces, plain }, seed) => {
      const draw = drawFrom(seed)
      const fates = Array.from({ length: traces.spanCount }, () => draw(2) === 0)
      let index = 0
      const kept = traces.filter(() => fates[index++] ?? true)
      const whole = [...traces.spans()].filter((_, at) => fates[at])

      expect([...kept.spans()].map(({ bytes }) => bytes)).toEqual(whole.map(({ bytes }) => bytes))
      for (const [at, one] of [...kept.spans()].entries()) {
        expect(one.resource.equals(whole[at]?.resource ?? Resource.empty)).toBe(true)
        expect(one.scope.envelope.bytes).toEqual(whole[at]?.scope.envelope.bytes)
      }
      expect(kept.spanCount).toBeLessThanOrEqual(plain.spanCount)
    }),
  )
})

it('keeps unknown fields when a batch is cut', () => {
  check(
    fc.property(
      oddTraces(),
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 1, max: 900 }),
      (odd, items, bytes) => {
        const byItems = Traces.concat(odd.traces.split(items, 'items'))
        const byBytes = Traces.concat(odd.traces.split(bytes, 'bytes'))

        expectMarks(byItems, odd.marks)
        expectMarks(byBytes, odd.marks)
        expect([byItems.spanCount, byBytes.spanCount]).toEqual([odd.traces.spanCount, odd.traces.spanCount])
      },
    ),
  )
})

it('keeps unknown fields when spans are regrouped or get another resource', () => {
  check(
    fc.property(oddTraces(), ({ traces, plain, marks }) => {
      const regrouped = Traces.of(traces.spans())
      const other = traces.mapResources((resource) => resource.with({ attributes: { zone: 'west' } }))

      const inGroups = marks.filter((mark) => groupsText(traces).includes(mark))
      if (plain.spanCount > 0) expectMarks(regrouped, inGroups)
      if (plain.spanCount > 0 && !plain.toProtobuf().includes('zone')) expectMarks(other, marks)
      for (const one of other.spans()) expect(one.resource.attribute('zone')).toBe('west')
    }),
  )
})

/** All that lies in groups; what stands beside them has no place in a batch made of spans. */
function groupsText(traces: Traces): string {
  return [...traces.spans()]
    .map(
      (one) =>
        one.resource.envelope.bytes.toString('latin1') +
        one.scope.envelope.bytes.toString('latin1') +
        one.bytes.toString('latin1'),
    )
    .join('')
}
