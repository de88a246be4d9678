import { span, type Span } from '@spanloom/core'
import { spanArbitrary } from '@spanloom/core/testing/arbitraries'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'

import { id, step } from '../test/trace.ts'
import { renderTree } from './render-tree.ts'

const trace = `trace ${'a'.repeat(32)}`

it('shows spans beneath their parents, by time', () => {
  const spans = [
    step(3, 20, 30, { parentSpanId: id(1), kind: 'CLIENT', resource: { 'service.name': 'stock' } }),
    step(1, 0, 1_500, { status: { code: 'OK' } }),
    step(4, 21, 22, { parentSpanId: id(3), resource: { 'service.name': 'stock' } }),
    step(2, 10, 12, { parentSpanId: id(1), status: { code: 'ERROR', message: 'No stock.' } }),
    step(9, 40, 41, { parentSpanId: id(77) }),
  ]

  expect(renderTree(spans)).toBe(`${trace} 5 spans, 2026-01-01T00:00:00.000000000Z
├─ step 1  1.5s  [shop]  OK
│  ├─ step 2  2ms  ERROR: No stock.
│  └─ step 3  10ms  client  [stock]
│     └─ step 4  1ms
└─ step 9  1ms  [shop]
`)
})

it('shows fragments, what is not whole, and links', () => {
  const link = { traceId: 'b'.repeat(32), spanId: id(5) }
  const spans = [
    step(1, 0, undefined, { attributes: { 'spanloom.incomplete': 'missing_end', 'spanloom.late': true } }),
    step(1, undefined, 5, { attributes: { 'spanloom.timing.clamped': true }, links: [link] }),
    step(1, undefined, undefined, {
      parentSpanId: id(1),
      links: [{ ...link, attributes: { 'spanloom.link.reason': 'rerun' } }],
    }),
  ]

  expect(renderTree(spans)).toBe(`${trace} 3 spans, -
├─ step 1  (update)  [shop]
│     ↗ rerun ${'b'.repeat(32)}/${id(5)}
├─ step 1  (start)  [shop]  missing end  late
└─ step 1  (end)  [shop]  clock skew
      ↗ link ${'b'.repeat(32)}/${id(5)}
`)
})

it('shows the attributes that are asked for, each on a line that it cannot leave', () => {
  const attributes = {
    'a.text': 'x\n\u001B[31my',
    'a.long': 'z'.repeat(500),
    'a.list': [1, true],
    b: 'hidden',
  }
  const spans = [step(1, 0, 1, { attributes }), step(2, 0, 1, { parentSpanId: id(1) })]

  expect(renderTree(spans, { attribute: (key) => key.startsWith('a.') }))
    .toBe(`${trace} 2 spans, 2026-01-01T00:00:00.000000000Z
└─ step 1  1ms  [shop]
   │  a.text=x\uFFFD\uFFFD[31my
   │  a.long=${'z'.repeat(160)}…
   │  a.list=[1, true]
   └─ step 2  1ms
`)
})

it('shows traces by their time, and nothing for nothing', () => {
  const spans = [step(1, 50, 60), step(2, 0, 1, { traceId: 'b'.repeat(32) })]
  const headings = renderTree(spans)
    .split('\n')
    .filter((line) => line.startsWith('trace'))
  expect(headings.map((line) => line[6])).toEqual(['b', 'a'])
  expect(renderTree([])).toBe('')
})

it('shows every span once where spans name each other as parents', () => {
  const spans = [
    step(1, 0, 1, { parentSpanId: id(2) }),
    step(2, 1, 2, { parentSpanId: id(3) }),
    step(3, 2, 3, { parentSpanId: id(1) }),
    step(4, 3, 4, { parentSpanId: id(4) }),
  ]
  const lines = renderTree(spans).trimEnd().split('\n')
  expect(lines).toHaveLength(5)
})

it('colours only where that is wanted, and lets no span control the terminal', () => {
  const spans = [
    step(1, 0, 1, { name: '\u001B[2Jgone\nfake  OK', status: { code: 'ERROR', message: '\u202Egnorw' } }),
  ]
  for (const control of ['\u001B', '\u202E', 'gone\n']) expect(renderTree(spans)).not.toContain(control)
  expect(renderTree(spans, { color: true })).toContain('\u001B[31mERROR')
  expect(renderTree(spans, { color: true })).not.toContain('\u001B[2J')
})

it('shows a very long chain in little time and little space', () => {
  const spans = Array.from({ length: 20_000 }, (_, index): Span =>
    span({
      traceId: 'a'.repeat(32),
      spanId: id(index + 1),
      name: 'x',
      startTime: BigInt(index + 1),
      endTime: BigInt(index + 1),
      ...(index === 0 ? {} : { parentSpanId: id(index) }),
    }),
  )
  expect(renderTree(spans).length).toBeLessThan(20_000 * 200)
})

it('shows any spans in one line each', () => {
  fc.assert(
    fc.property(fc.array(spanArbitrary(), { maxLength: 6 }), (spans) => {
      const traces = new Set(spans.map(({ traceId }) => traceId)).size
      const links = spans.reduce((sum, one) => sum + one.links.length, 0)
      expect(renderTree(spans).split('\n')).toHaveLength(spans.length + traces + links + 1)
    }),
  )
})
