import { describe, expect, it } from 'vitest'

import { WrittenNumber } from './json-body.ts'
import { parseTime, parseZone } from './time.ts'

const utc = (text: string): bigint => BigInt(Date.parse(text)) * 1_000_000n

describe('a time that begins with the year', () => {
  it.each([
    ['2019-07-23 08:55:04.0500000 +00:00', 1_563_872_104_050_000_000n],
    ['2019-07-23T10:55:04.0500001+02:00', 1_563_872_104_050_000_100n],
    ['2019-07-23T08:55:04', utc('2019-07-23T08:55:04Z')],
    ['2019-07-23', utc('2019-07-23')],
    ['  2019-07-23T08:55:04Z\t', utc('2019-07-23T08:55:04Z')],
    ['2019-7-3 8:05', utc('2019-07-03T08:05:00Z')],
    ['2019-07-23T08:55Z', utc('2019-07-23T08:55:00Z')],
    ['2019-07-23T08:55:04,25', utc('2019-07-23T08:55:04.250Z')],
    ['2019-07-23T08:55:04.123456789999Z', 1_563_872_104_123_456_789n],
    ['2019-07-23T08:55:04 UTC', utc('2019-07-23T08:55:04Z')],
    ['2019-07-23T08:55:04GMT', utc('2019-07-23T08:55:04Z')],
    ['2019-07-23T08:55:04+02', utc('2019-07-23T06:55:04Z')],
    ['2019-07-23T08:55:04-0530', utc('2019-07-23T14:25:04Z')],
    ['2019-07-23T08:55:04+14:00', utc('2019-07-22T18:55:04Z')],
    ['2019-07-23 +02:00', utc('2019-07-22T22:00:00Z')],
    ['2019-12-31T23:59:60Z', 1_577_836_799_999_999_999n],
    ['2019-12-31T23:59:60.5Z', 1_577_836_799_999_999_999n],
    ['2020-02-29', utc('2020-02-29')],
    ['2000-02-29', utc('2000-02-29')],
  ])('reads %s', (text, expected) => {
    expect(parseTime(text)).toBe(expected)
  })

  it.each([
    '2019-02-29',
    '2100-02-29',
    '2019-13-01',
    '2019-00-01',
    '2019-01-00',
    '2019-04-31',
    '19-07-23',
    '2019-07',
    '2019-07-23T',
    '2019-07-23T24:00',
    '2019-07-23T08:60',
    '2019-07-23T08:55:61',
    '2019-07-23T08:5',
    '2019-07-23T08:55:04.',
    '2019-07-23T08:55:04+14:01',
    '2019-07-23T08:55:04+15',
    '2019-07-23T08:55:04+02:60',
    '2019-07-23T08:55:04+2',
    '2019-07-23T08:55:04 Europe/Brussels',
    '2019-07-23T08:55:04Z!',
    '2019-07-23  08:55:04',
    '2019-07-23T08:55:04 PM',
    '1969-12-31T23:59:59Z',
    '1970-01-01T00:00:00Z',
    '0001-01-01T00:00:00',
    '9999-12-31T23:59:59Z',
  ])('takes %s for none', (text) => {
    expect(parseTime(text)).toBeUndefined()
  })
})

describe('a time that begins with the month', () => {
  it.each([
    ['07/23/2019 08:55:04 +00:00', utc('2019-07-23T08:55:04Z')],
    ['7/23/2019 8:55:04 PM -05:00', utc('2019-07-24T01:55:04Z')],
    ['08/07/2023 09:07:06 +00:00', utc('2023-08-07T09:07:06Z')],
    ['7/3/2019', utc('2019-07-03')],
    ['7/3/2019 12:00 AM', utc('2019-07-03T00:00:00Z')],
    ['7/3/2019 12:30PM', utc('2019-07-03T12:30:00Z')],
    ['7/3/2019 1:00:00.5 AM Z', utc('2019-07-03T01:00:00.500Z')],
  ])('reads %s', (text, expected) => {
    expect(parseTime(text)).toBe(expected)
  })

  it.each(['23/07/2019', '7/23/19', '007/23/2019', '7/23/2019 0:30 AM', '7/23/2019 13:30 PM', '7-23/2019'])(
    'takes %s for none',
    (text) => {
      expect(parseTime(text)).toBeUndefined()
    },
  )
})

it.each([
  ['Tue, 23 Jul 2019 08:55:04 GMT', utc('2019-07-23T08:55:04Z')],
  ['Tue, 3 Jul 2019 08:55 +0200', utc('2019-07-03T06:55:00Z')],
])('reads the RFC 1123 time %s', (text, expected) => {
  expect(parseTime(text)).toBe(expected)
})

it.each([
  'Xxx, 23 Jul 2019 08:55:04 GMT',
  'Tue, 23 Foo 2019 08:55:04 GMT',
  'Tue, 23 Jul 2019 08:55:04',
  'Tue',
])('takes %s for no RFC 1123 time', (text) => {
  expect(parseTime(text)).toBeUndefined()
})

it('reads the milliseconds of /Date()/ and not the offset in it', () => {
  expect(parseTime('/Date(1563872104050)/')).toBe(1_563_872_104_050_000_000n)
  expect(parseTime('/Date(1563872104050+0200)/')).toBe(1_563_872_104_050_000_000n)
  expect(parseTime('/Date(x)/')).toBeUndefined()
  expect(parseTime('/Date(-1)/')).toBeUndefined()
})

describe('an epoch number', () => {
  it.each([
    [1_563_872_104, 1_563_872_104_000_000_000n],
    ['1563872104050', 1_563_872_104_050_000_000n],
    ['1563872104.0500001', 1_563_872_104_050_000_100n],
    ['1563872104050.25', 1_563_872_104_050_250_000n],
    ['1563872104050123', 1_563_872_104_050_123_000n],
    ['1563872104050123456', 1_563_872_104_050_123_456n],
    ['1563872104050123456.9', 1_563_872_104_050_123_456n],
    [99_999_999_999.5, undefined],
    [new WrittenNumber('1563872104050123456'), 1_563_872_104_050_123_456n],
    [5, 5_000_000_000n],
  ])('%s tells its unit by its size', (value, expected) => {
    expect(parseTime(value)).toBe(expected)
  })

  it.each(['123456789', '12345678901234567890', '1563872104.', '+1563872104', 0, -5, 1e300, Number.NaN])(
    '%s is none',
    (value) => {
      expect(parseTime(value)).toBeUndefined()
    },
  )
})

it('gives a time without a zone the one that is assumed', () => {
  expect(parseTime('2019-07-23T08:55:04', 120)).toBe(utc('2019-07-23T06:55:04Z'))
  expect(parseTime('2019-07-23T08:55:04Z', 120)).toBe(utc('2019-07-23T08:55:04Z'))
})

it('reads zones on their own', () => {
  expect(['UTC', 'Z', 'GMT', '+02', '-0530', '+14:00'].map(parseZone)).toEqual([0, 0, 0, 120, -330, 840])
  expect(['', 'utc', 'CET', '+15', '+02:00x', '2'].map(parseZone)).toEqual(Array(6).fill(undefined))
})
