import * as fc from 'fast-check'
import { expect, it } from 'vitest'

import { parseTime } from './time.ts'

/** From 1970 to 2262, on ticks of 100 ns as .NET has them. */
const tick = fc.bigInt({ min: 1n, max: 92_233_720_368_547_758n }).map((ticks) => ticks * 100n)
const zoneMinutes = fc.integer({ min: -14 * 60, max: 14 * 60 })

interface Parts {
  readonly date: string
  readonly time: string
  readonly fraction: string
}

/** Date, time of day and fraction as a clock in that zone shows them. */
function partsOf(time: bigint, zone: number): Parts {
  const local = time + BigInt(zone) * 60_000_000_000n
  const seconds = local >= 0n ? local / 1_000_000_000n : -((-local + 999_999_999n) / 1_000_000_000n)
  const text = new Date(Number(seconds) * 1000).toISOString()
  const nanos = local - seconds * 1_000_000_000n
  return {
    date: text.slice(0, 10),
    time: text.slice(11, 19),
    fraction: String(nanos).padStart(9, '0').slice(0, 7),
  }
}

function offset(zone: number): string {
  const minutes = Math.abs(zone)
  const part = (value: number): string => String(Math.trunc(value)).padStart(2, '0')
  return `${zone < 0 ? '-' : '+'}${part(minutes / 60)}:${part(minutes % 60)}`
}

it('reads back every tick that the exporter or .NET writes', () => {
  fc.assert(
    fc.property(tick, zoneMinutes, (time, zone) => {
      const { date, time: clock, fraction } = partsOf(time, zone)
      const [year, month, day] = date.split('-')
      expect(parseTime(`${date} ${clock}.${fraction} ${offset(zone)}`)).toBe(time)
      expect(parseTime(`${date}T${clock}.${fraction}${offset(zone)}`)).toBe(time)
      expect(parseTime(`${month}/${day}/${year} ${clock}.${fraction} ${offset(zone)}`)).toBe(time)
      expect(parseTime(`${date} ${clock}.${fraction}`, zone)).toBe(time)
    }),
  )
})

it('reads back every epoch number', () => {
  fc.assert(
    fc.property(tick, (time) => {
      const nanos = String(time)
      fc.pre(nanos.length >= 18)
      expect(parseTime(nanos)).toBe(time)
      expect(parseTime(`${nanos.slice(0, -9)}.${nanos.slice(-9)}`)).toBe(
        nanos.length - 9 >= 10 ? time : undefined,
      )
    }),
  )
})

it('takes garbage for none, whatever it is', () => {
  const pieces = fc.constantFrom(
    ...'0123456789-/:.,+TZ APMDate()GTUC'.split(''),
    '2019',
    '07',
    'Jul',
    'Tue, ',
  )
  const garbage = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(pieces, { maxLength: 30 }).map((all) => all.join('')),
  )
  fc.assert(
    fc.property(fc.oneof(garbage, fc.double()), (value) => {
      const time = parseTime(value)
      expect(time === undefined || (time > 0n && time < 2n ** 63n)).toBe(true)
    }),
    { numRuns: 2_000 },
  )
})
