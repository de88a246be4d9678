import { Cursor } from './cursor.ts'
import { WrittenNumber } from './json-body.ts'

/**
 * Nanoseconds since 1970 of what an event's `Time` says, or `undefined` when it says none (`invictus.md` chapter 3).
 *
 * Forms: `2019-07-23T10:55:04.0500001+02:00`, `7/23/2019 8:55:04 PM`, RFC 1123, `/Date(ms)/` and epoch numbers.
 * What comes before 1970 or after 2262 is none either: 0 means "not set" in a span, and signed readers stop there.
 * `assumedZoneMinutes` is the offset from UTC, east positive, of a time without zone.
 */
export function parseTime(
  value: string | number | WrittenNumber,
  assumedZoneMinutes = 0,
): bigint | undefined {
  const time =
    typeof value === 'string' ? parseText(value, assumedZoneMinutes) : parseEpoch(jsonNumberText(value), 1)
  return time !== undefined && time > 0n && time <= latest ? time : undefined
}

/** Minutes east of UTC of `Z`, `UTC`, `GMT`, `±hh`, `±hh:mm` or `±hhmm`, up to 14 hours; otherwise `undefined`. */
export function parseZone(text: string): number | undefined {
  const cursor = new Cursor(text)
  const minutes = zone(cursor)
  return cursor.atEnd() ? minutes : undefined
}

const latest = 2n ** 63n - 1n

function parseText(value: string, assumedZoneMinutes: number): bigint | undefined {
  const text = value.trim()
  const cursor = new Cursor(text)
  const first = cursor.digits(1, 4)
  if (first === undefined) {
    return text.startsWith('/Date(') ? dotNetDate(text) : rfc1123(cursor)
  }
  if (cursor.take('-')) return yearFirst(cursor, first, assumedZoneMinutes)
  if (cursor.take('/')) return monthFirst(cursor, first, assumedZoneMinutes)
  return parseEpoch(text, 10)
}

/** T1: `yyyy-M-d`, optionally a time, optionally a zone. */
function yearFirst(cursor: Cursor, year: number, assumedZoneMinutes: number): bigint | undefined {
  if (cursor.position !== 5) return undefined
  const month = cursor.digits(1, 2)
  if (month === undefined || !cursor.take('-')) return undefined
  const day = cursor.digits(1, 2)
  const time = timeAfterDate(cursor)
  if (day === undefined || time === undefined) return undefined
  return instant(year, month, day, time, zoneAtEnd(cursor, assumedZoneMinutes))
}

/** T2: `M/d/yyyy`, as .NET's invariant culture writes it, with `AM` or `PM` perhaps. */
function monthFirst(cursor: Cursor, month: number, assumedZoneMinutes: number): bigint | undefined {
  if (cursor.position > 3) return undefined
  const day = cursor.digits(1, 2)
  if (day === undefined || !cursor.take('/')) return undefined
  const year = cursor.digits(4, 4)
  if (year === undefined) return undefined
  const time = timeAfterDate(cursor, true)
  if (time === undefined) return undefined
  return instant(year, month, day, time, zoneAtEnd(cursor, assumedZoneMinutes))
}

const weekdays: ReadonlySet<string> = new Set(['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'])
const months: readonly string[] = [
  'Jan',
  'Feb',
  'Mar',
  'Apr',
  'May',
  'Jun',
  'Jul',
  'Aug',
  'Sep',
  'Oct',
  'Nov',
  'Dec',
]

/** T3: `Tue, 23 Jul 2019 08:55:04 GMT`. */
function rfc1123(cursor: Cursor): bigint | undefined {
  if (!weekdays.has(cursor.letters(3)) || !cursor.take(',') || !cursor.take(' ')) return undefined
  const day = cursor.digits(1, 2)
  if (day === undefined || !cursor.take(' ')) return undefined
  const month = months.indexOf(cursor.letters(3)) + 1
  if (!cursor.take(' ')) return undefined
  const year = cursor.digits(4, 4)
  if (year === undefined || !cursor.take(' ')) return undefined
  const time = timeOfDay(cursor)
  if (time === undefined || !cursor.take(' ')) return undefined
  const zoneMinutes = zone(cursor)
  return instant(year, month, day, time, cursor.atEnd() ? zoneMinutes : undefined)
}

const dotNetDatePattern = /^\/Date\((\d{1,16})(?:[+-]\d{4})?\)\/$/

/** T4: `/Date(ms)/`; the offset only says how the sender would have shown it. */
function dotNetDate(text: string): bigint | undefined {
  const milliseconds = dotNetDatePattern.exec(text)?.[1]
  return milliseconds === undefined ? undefined : BigInt(milliseconds) * 1_000_000n
}

const epochPattern = /^(\d{1,19})(?:\.(\d+))?$/

/** T5: the size of the number tells its unit. */
function parseEpoch(text: string, minDigits: number): bigint | undefined {
  const [, whole, fraction = ''] = epochPattern.exec(text) ?? []
  if (whole === undefined || whole.length < minDigits) return undefined
  const count = BigInt(whole)
  const decimals = count < 10n ** 11n ? 9 : count < 10n ** 14n ? 6 : count < 10n ** 17n ? 3 : 0
  return BigInt(whole + fraction.slice(0, decimals).padEnd(decimals, '0'))
}

function jsonNumberText(value: number | WrittenNumber): string {
  return value instanceof WrittenNumber ? value.text : String(value)
}

interface TimeOfDay {
  readonly seconds: number
  readonly nanos: number
}

const midnight: TimeOfDay = { seconds: 0, nanos: 0 }

/** `T` or a blank and a time of day, or nothing of it; `undefined` when it begins like one and is none. */
function timeAfterDate(cursor: Cursor, withHalfDay = false): TimeOfDay | undefined {
  const start = cursor.position
  const separated = cursor.take('T') || cursor.take(' ')
  if (!separated || !cursor.atDigit()) {
    cursor.position = start
    return midnight
  }
  return timeOfDay(cursor, withHalfDay)
}

/** `H:mm[:ss[(.|,)f+]]`, with ` AM` or ` PM` where the form has it. */
function timeOfDay(cursor: Cursor, withHalfDay = false): TimeOfDay | undefined {
  let hour = cursor.digits(1, 2)
  if (hour === undefined || !cursor.take(':')) return undefined
  const minute = cursor.digits(2, 2)
  if (minute === undefined || minute > 59) return undefined
  let second = 0
  let nanos = 0
  if (cursor.take(':')) {
    const written = cursor.digits(2, 2)
    if (written === undefined || written > 60) return undefined
    second = written
    if (cursor.take('.') || cursor.take(',')) {
      const fraction = cursor.fraction(9)
      if (fraction === undefined) return undefined
      nanos = fraction
    }
    if (second === 60) {
      second = 59
      nanos = 999_999_999
    }
  }
  if (withHalfDay) hour = halfDay(cursor, hour)
  if (hour === undefined || hour > 23) return undefined
  return { seconds: hour * 3600 + minute * 60 + second, nanos }
}

/** The hour on a 24-hour clock; `undefined` when a 12-hour clock cannot show it. */
function halfDay(cursor: Cursor, hour: number): number | undefined {
  const start = cursor.position
  cursor.take(' ')
  const half = cursor.letters(2)
  if (half !== 'AM' && half !== 'PM') {
    cursor.position = start
    return hour
  }
  if (hour < 1 || hour > 12) return undefined
  return (hour % 12) + (half === 'PM' ? 12 : 0)
}

/** The zone at the end of the text, behind a blank perhaps; `undefined` when something else stands there. */
function zoneAtEnd(cursor: Cursor, assumedZoneMinutes: number): number | undefined {
  if (cursor.atEnd()) return assumedZoneMinutes
  cursor.take(' ')
  const minutes = zone(cursor)
  return cursor.atEnd() ? minutes : undefined
}

function zone(cursor: Cursor): number | undefined {
  if (cursor.take('Z')) return 0
  const sign = cursor.take('+') ? 1 : cursor.take('-') ? -1 : undefined
  if (sign === undefined) {
    const name = cursor.letters(3)
    return name === 'UTC' || name === 'GMT' ? 0 : undefined
  }
  const hours = cursor.digits(2, 2)
  const colon = cursor.take(':')
  const minutes = colon || cursor.atDigit() ? cursor.digits(2, 2) : 0
  if (hours === undefined || minutes === undefined || minutes > 59) return undefined
  const total = hours * 60 + minutes
  return total <= 14 * 60 ? sign * total : undefined
}

const daysInMonth: readonly number[] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

function instant(
  year: number,
  month: number,
  day: number,
  time: TimeOfDay,
  zoneMinutes: number | undefined,
): bigint | undefined {
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
  const lastDay = month === 2 && leap ? 29 : (daysInMonth[month - 1] ?? 0)
  // Date.UTC reads the years 0 to 99 as 1900 to 1999; all of them are out of range here anyway.
  if (zoneMinutes === undefined || year < 1900 || day < 1 || day > lastDay) return undefined
  const seconds = Date.UTC(year, month - 1, day) / 1000 + time.seconds - zoneMinutes * 60
  return BigInt(seconds) * 1_000_000_000n + BigInt(time.nanos)
}
