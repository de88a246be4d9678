/** Last time that signed readers of OTLP can tell. */
const latest = 2n ** 63n - 1n

/** Epoch numbers below are seconds, others milliseconds. */
const firstMillis = 1e11

/**
 * Unix nanoseconds of what a payload says (`valuestream.md` chapter 3): ISO 8601 with `Z`, `+hh:mm` or `+hhmm`,
 * `2019-11-20 01:33:22 UTC`, `2021-04-28 21:50:00 +0200`, or an epoch number. Without a zone it is UTC. What is no
 * time, or none after 1970, is absent.
 */
export function parseTime(value: unknown): bigint | undefined {
  const nanos =
    typeof value === 'number' ? ofEpoch(value) : typeof value === 'string' ? ofText(value) : undefined
  return nanos !== undefined && nanos > 0n && nanos <= latest ? nanos : undefined
}

/** Seconds from one time to another; never negative. */
export function secondsBetween(start: bigint, end: bigint): number {
  return end > start ? Number(end - start) / 1e9 : 0
}

/** Whole milliseconds since 1970. */
export function epochMillis(time: bigint): bigint {
  return time / 1_000_000n
}

function ofEpoch(value: number): bigint | undefined {
  if (!Number.isFinite(value) || value <= 0 || value > Number.MAX_SAFE_INTEGER) return undefined
  const millis = value < firstMillis ? value * 1000 : value
  const whole = Math.floor(millis)
  return BigInt(whole) * 1_000_000n + BigInt(Math.round((millis - whole) * 1e6))
}

/** What nearly all sources write. */
const plainTime = /^\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):\d\d:\d\dZ$/
const epochText = /^\d{9,13}(?:\.\d{1,9})?$/
const dateTime =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,12}))?)?)?\s*(Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?$/i

function ofText(value: string): bigint | undefined {
  const text = value.trim()
  // Nothing that long is a time, and patterns should not walk through megabytes.
  if (text.length > 64) return undefined
  const plain = plainTime.test(text) ? ofPlainTime(text) : undefined
  if (plain !== undefined) return plain
  if (epochText.test(text)) return ofEpoch(Number(text))
  const [, year = '', month = '', day = '', hour = '0', minute = '0', second = '0', fraction = '', zone] =
    dateTime.exec(text) ?? []
  const date = { year: Number(year), month: Number(month), day: Number(day) }
  const zoneMinutes = minutesOf(zone)
  if (year === '' || !isDate(date) || zoneMinutes === undefined) return undefined
  // A leap second is the last one of its minute.
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60) return undefined
  const seconds =
    Date.UTC(date.year, date.month - 1, date.day) / 1000 +
    (Number(hour) * 60 + Number(minute) - zoneMinutes) * 60 +
    Math.min(Number(second), 59)
  return BigInt(seconds) * 1_000_000_000n + BigInt(fraction.slice(0, 9).padEnd(9, '0'))
}

/** The engine's own parser is faster, but takes the 30th of February for a day in March. */
function ofPlainTime(text: string): bigint | undefined {
  const millis = Date.parse(text)
  const isReal = new Date(millis).getUTCDate() === Number(text.slice(8, 10))
  return isReal ? BigInt(millis) * 1_000_000n : undefined
}

function isDate({ year, month, day }: { year: number; month: number; day: number }): boolean {
  if (year < 1970 || month < 1 || month > 12 || day < 1) return false
  return day <= new Date(Date.UTC(year, month, 0)).getUTCDate()
}

/** Minutes east of UTC, up to 14 hours. */
function minutesOf(zone: string | undefined): number | undefined {
  if (zone === undefined || /^[a-z]/i.test(zone)) return 0
  const hours = Number(zone.slice(1, 3))
  const minutes = Number(zone.slice(3).replace(':', '') || '0')
  const total = hours * 60 + minutes
  if (minutes > 59 || total > 14 * 60) return undefined
  return zone.startsWith('-') ? -total : total
}
