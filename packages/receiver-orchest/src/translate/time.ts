const form =
  /^(\d{4})-(\d{2})-(\d{2})[ T](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(?:Z|([+-])(\d{2}):?(\d{2}))?$/

/**
 * A time of Orchest or of RFC 3339 in unix nanoseconds; without a zone it is UTC. `undefined` for anything else, for
 * dates that do not exist and for years before 2000 and after 2199 (`orchest.md` 3.3).
 */
export function parseTime(text: unknown): bigint | undefined {
  const match = typeof text === 'string' ? form.exec(text) : null
  if (match === null) return undefined
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number)
  const [fraction = '', sign, zoneHours = '0', zoneMinutes = '0'] = match.slice(7)
  if (year < 2000 || year > 2199 || hour > 23 || minute > 59 || second > 59) return undefined
  if (Number(zoneHours) > 23 || Number(zoneMinutes) > 59) return undefined
  const date = new Date(Date.UTC(year, month - 1, day, hour, minute, second))
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined
  const offset = (Number(zoneHours) * 60 + Number(zoneMinutes)) * (sign === '-' ? -60 : 60)
  const seconds = BigInt(date.getTime() / 1000 - offset)
  return seconds * 1_000_000_000n + BigInt(fraction.padEnd(9, '0'))
}
