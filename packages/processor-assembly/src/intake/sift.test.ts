import { tracesArbitrary } from '@spanloom/core/testing/arbitraries'
import { span, type SpanInit, Traces } from '@spanloom/core/traces'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'

import { type KnownKeys, sift } from './sift.ts'

const nobody: KnownKeys = { isEmpty: true, knows: () => false }
const part = (rest: Partial<SpanInit>) =>
  span({ traceId: '1'.repeat(32), spanId: '2'.repeat(16), name: 'pay', startTime: 1n, endTime: 2n, ...rest })

it.each([
  ['a whole span', {}, true],
  ['a span without end', { endTime: 0n }, false],
  ['a span without start', { startTime: 0n }, false],
  ['a span that names a key', { attributes: { 'spanloom.key': 'k' } }, false],
  [
    'a span with a mark of an assembler',
    { attributes: { 'spanloom.fragments': 2, 'spanloom.late': true } },
    true,
  ],
  [
    'a span with an attribute of almost that name',
    { attributes: { 'spanloom.keys': 'k', spanloom: 1 } },
    true,
  ],
  [
    'a span with a link that names a key',
    {
      links: [{ traceId: '1'.repeat(32), spanId: '3'.repeat(16), attributes: { 'spanloom.link.key': 'k' } }],
    },
    false,
  ],
])('knows %s', (_, rest, passes) => {
  const batch = Traces.of([part(rest)])
  expect(sift(batch, nobody)).toMatchObject({ passing: passes ? batch : undefined })
})

it('takes whole spans of a key that is known', () => {
  const batch = Traces.of([part({})])
  const known: KnownKeys = { isEmpty: false, knows: () => true }
  expect(sift(batch, known).passing).toBeUndefined()
})

it('divides every batch without losing or changing a span', () => {
  fc.assert(
    fc.property(tracesArbitrary(), (batch) => {
      const { passing, fragments } = sift(batch, nobody)
      const bytes = [...batch.spans()].map((one) => one.bytes.toString('hex'))
      const kept = [...(passing?.spans() ?? [])].map((one) => one.bytes.toString('hex'))
      const taken = fragments.map(({ buffer, from, to }) => buffer.toString('hex', from, to))
      expect([...kept, ...taken].toSorted()).toEqual(bytes.toSorted())
      expect(passing === batch).toBe(fragments.length === 0)
    }),
  )
}, 60_000)
