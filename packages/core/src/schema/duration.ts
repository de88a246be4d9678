const millisecondsPerUnit: ReadonlyMap<string, number> = new Map([
  ['ns', 1e-6],
  ['us', 1e-3],
  ['µs', 1e-3],
  ['μs', 1e-3],
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
])

/** Largest duration of the reference: 2^63 nanoseconds. */
const longestMs = 2 ** 63 / 1e6

/** What is wrong with a text that should be a duration, and how it was probably meant. */
export interface DurationFault {
  readonly fault: string
  readonly suggestion?: string
}

/**
 * Reads a duration such as `300ms`, `-1.5h` or `2h45m` (section 1.7) as milliseconds.
 * `0` needs no unit; there are no days and no spaces.
 */
export function parseDuration(text: string): number | DurationFault {
  const unsigned = text.replace(/^[-+]/, '')
  if (unsigned === '0') return 0
  if (unsigned === '') return { fault: `time: invalid duration ${shown(text)}` }
  let totalMs = 0
  let rest = unsigned
  while (rest !== '') {
    const part = /^(\d+\.?\d*|\.\d+)([^\d.]*)/.exec(rest)
    if (part === null) return withMeaning(text, `time: invalid duration ${shown(text)}`)
    const [whole, number = '', unit = ''] = part
    if (unit === '') return withMeaning(text, `time: missing unit in duration ${shown(text)}`)
    const factor = millisecondsPerUnit.get(unit)
    if (factor === undefined) {
      return withMeaning(text, `time: unknown unit ${shown(unit)} in duration ${shown(text)}`)
    }
    totalMs += Number(number) * factor
    rest = rest.slice(whole.length)
  }
  if (totalMs > longestMs) return { fault: `time: invalid duration ${shown(text)}` }
  return text.startsWith('-') ? -totalMs : totalMs
}

/** Writes milliseconds as a duration that `parseDuration` reads back, such as `1m30s`. */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0s'
  const sign = ms < 0 ? '-' : ''
  let left = Math.abs(ms)
  if (left < 1) return left < 1e-3 ? `${sign}${round(left * 1e6)}ns` : `${sign}${round(left * 1e3)}us`
  if (left < 1000) return `${sign}${round(left)}ms`
  const hours = Math.floor(left / 3_600_000)
  left -= hours * 3_600_000
  const minutes = Math.floor(left / 60_000)
  left -= minutes * 60_000
  const parts = [hours > 0 && `${hours}h`, minutes > 0 && `${minutes}m`, left > 0 && `${round(left / 1000)}s`]
  return sign + parts.filter(Boolean).join('')
}

/** Enough digits for nanoseconds of an hour, and none of the noise of binary fractions. */
function round(value: number): string {
  return String(Number(value.toFixed(9)))
}

const everydayUnits: ReadonlyMap<string, readonly [factor: number, unit: string]> = new Map([
  ['', [1, 's']],
  ['msec', [1, 'ms']],
  ['millis', [1, 'ms']],
  ['sec', [1, 's']],
  ['secs', [1, 's']],
  ['second', [1, 's']],
  ['seconds', [1, 's']],
  ['min', [1, 'm']],
  ['mins', [1, 'm']],
  ['minute', [1, 'm']],
  ['minutes', [1, 'm']],
  ['hr', [1, 'h']],
  ['hour', [1, 'h']],
  ['hours', [1, 'h']],
  ['d', [24, 'h']],
  ['day', [24, 'h']],
  ['days', [24, 'h']],
  ['w', [168, 'h']],
])

function withMeaning(text: string, fault: string): DurationFault {
  const meant = /^([-+]?)(\d{1,9}(?:\.\d{1,9})?)\s*([a-zA-Z]*)$/.exec(text.trim())
  if (meant === null) return { fault }
  const [, sign = '', number = '', unit = ''] = meant
  const known = millisecondsPerUnit.has(unit) ? ([1, unit] as const) : everydayUnits.get(unit.toLowerCase())
  if (known === undefined) return { fault }
  return { fault, suggestion: `${sign}${round(Number(number) * known[0])}${known[1]}` }
}

function shown(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text)
}
