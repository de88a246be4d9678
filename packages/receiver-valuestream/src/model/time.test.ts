import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { parseTime, secondsBetween } from './time.ts'

const ms = (text: string): bigint => BigInt(Date.parse(text)) * 1_000_000n

describe('a time', () => {
  it.each([
    ['2019-11-17T13:45:12Z', ms('2019-11-17T13:45:12Z')],
    ['2026-01-29T17:25:48.819Z', ms('2026-01-29T17:25:48.819Z')],
    ['2026-01-29T17:25:48.819123456Z', ms('2026-01-29T17:25:48.819Z') + 123_456n],
    ['2026-01-29T17:25:48+01:00', ms('2026-01-29T16:25:48Z')],
    ['2019-11-22T10:22:30.725-0500', ms('2019-11-22T15:22:30.725Z')],
    ['2019-11-20 01:33:22 UTC', ms('2019-11-20T01:33:22Z')],
    ['2021-04-28 21:50:00 +0200', ms('2021-04-28T19:50:00Z')],
    ['2021-04-28 21:50:00', ms('2021-04-28T21:50:00Z')],
    ['2021-04-28', ms('2021-04-28T00:00:00Z')],
    ['2016-12-31T23:59:60Z', ms('2016-12-31T23:59:59Z')],
    [1_469_453_903, 1_469_453_903_000_000_000n],
    [1_469_453_903.5, 1_469_453_903_500_000_000n],
    [1_574_445_223_755, 1_574_445_223_755_000_000n],
    ['1574445223755', 1_574_445_223_755_000_000n],
  ])('%s is understood', (value, time) => {
    expect(parseTime(value)).toBe(time)
  })

  it.each([
    '',
    'null',
    'soon',
    '0001-01-01T00:00:00Z',
    '1969-12-31T23:59:59Z',
    '2019-02-29T00:00:00Z',
    '2019-13-01T00:00:00Z',
    '2019-01-01T24:00:00Z',
    '2019-01-01T00:60:00Z',
    '2019-01-01T00:00:00+15:00',
    '9999-01-01T00:00:00Z',
    '1'.repeat(100),
    0,
    -1,
    1e300,
    Number.NaN,
    null,
    undefined,
    true,
    {},
    [],
  ])('%s is none', (value) => {
    expect(parseTime(value)).toBeUndefined()
  })

  it('reads what dates write', () => {
    const date = fc.date({ min: new Date(1), max: new Date('2200-01-01'), noInvalidDate: true })
    fc.assert(
      fc.property(date, (when) => {
        expect(parseTime(when.toISOString())).toBe(BigInt(when.getTime()) * 1_000_000n)
      }),
    )
  })

  it('never fails', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        expect(typeof parseTime(value)).toMatch(/bigint|undefined/)
      }),
    )
  })
})

it('gives durations that are never negative', () => {
  expect(secondsBetween(1_000_000_000n, 2_500_000_000n)).toBe(1.5)
  expect(secondsBetween(2n, 1n)).toBe(0)
})
