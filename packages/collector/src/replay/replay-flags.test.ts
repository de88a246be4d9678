import { fakeClock } from '@spanloom/core/testing'
import { expect, it } from 'vitest'

import { type Pace, parsePace, type PaceFlags, parseRetryFor } from './replay-flags.ts'

const nothing: Pace = { speed: 0, shift: 'none', rate: Infinity, limit: Infinity, loop: false }

it.each<[PaceFlags, Partial<Pace>]>([
  [{}, {}],
  [{ speed: 'max' }, {}],
  [{ speed: '0.5' }, { speed: 0.5 }],
  [{ shift: 'now' }, { shift: 'now' }],
  [{ shift: '36h' }, { shift: { byNanos: 129_600_000_000_000n } }],
  [{ shift: '+1ms' }, { shift: { byNanos: 1_000_000n } }],
  [{ shift: '-7d' }, { shift: { byNanos: -604_800_000_000_000n } }],
  [{ shift: '2026-01-01T00:00:00Z' }, { shift: { toUnixNano: 1_767_225_600_000_000_000n } }],
  [{ shift: '2026-01-01' }, { shift: { toUnixNano: 1_767_225_600_000_000_000n } }],
  [{ rate: '100' }, { rate: 100 }],
  [{ rate: '600/m' }, { rate: 10 }],
  [
    { limit: '7', loop: true },
    { limit: 7, loop: true },
  ],
])('reads %j', (flags, expected) => {
  expect(parsePace(flags, fakeClock())).toEqual({ ...nothing, ...expected })
})

it.each<[PaceFlags, string]>([
  [{ speed: '0' }, '--speed is not understood: "0"'],
  [{ speed: '-1' }, '--speed'],
  [{ speed: 'fast' }, '--speed'],
  [{ shift: 'soon' }, '--shift'],
  [{ shift: '2026-13-01' }, '--shift'],
  [{ rate: '0' }, '--rate'],
  [{ rate: '10/d' }, '--rate'],
  [{ limit: '0' }, '--limit'],
  [{ limit: '1.5' }, '--limit'],
])('refuses %j', (flags, message) => {
  expect(() => parsePace(flags, fakeClock())).toThrow(message)
})

it('reads how long to try again', () => {
  expect([parseRetryFor('0'), parseRetryFor('1m')]).toEqual([0, 60_000])
  for (const text of ['-1s', '5', 'ever']) expect(() => parseRetryFor(text)).toThrow('--retry-for')
})
