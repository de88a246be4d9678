import { type AttributeValue, Double } from '@spanloom/core'

/**
 * Text from outside as it may be shown: control characters could move the cursor of a terminal or forge lines of a
 * log, and direction marks could hide what stands there.
 */
export function plainText(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\u202A-\u202E\u2066-\u2069]/gu, '\uFFFD')
}

/** A duration in nanoseconds in the unit that suits its size. */
export function durationText(nanos: bigint): string {
  if (nanos < 1_000n) return `${nanos}ns`
  if (nanos < 1_000_000n) return `${Number((Number(nanos) / 1e3).toPrecision(3))}µs`
  if (nanos < 1_000_000_000n) return `${Number((Number(nanos) / 1e6).toPrecision(3))}ms`
  if (nanos < 60_000_000_000n) return `${Number((Number(nanos) / 1e9).toPrecision(3))}s`
  const seconds = nanos / 1_000_000_000n
  const [hours, minutes, rest] = [seconds / 3600n, (seconds / 60n) % 60n, seconds % 60n]
  return hours > 0n ? `${hours}h${pad(minutes)}m${pad(rest)}s` : `${minutes}m${pad(rest)}s`
}

/** A time in nanoseconds since 1970 with all its digits; `-` when it is not set. */
export function timeText(nanos: bigint): string {
  if (nanos === 0n) return '-'
  return `${new Date(Number(nanos / 1_000_000n)).toISOString().slice(0, 19)}.${String(nanos % 1_000_000_000n).padStart(9, '0')}Z`
}

/** An attribute's value on one line. */
export function valueText(value: AttributeValue): string {
  return plainText(typeof value === 'string' ? value : nestedText(value))
}

function nestedText(value: AttributeValue): string {
  if (value === null || typeof value !== 'object')
    return typeof value === 'string' ? JSON.stringify(value) : String(value)
  if (value instanceof Double) return String(value)
  if (value instanceof Uint8Array) return `0x${Buffer.from(value).toString('hex')}`
  if (isList(value)) return `[${value.map(nestedText).join(', ')}]`
  return `{${Object.entries(value)
    .map(([key, item]) => `${key}: ${nestedText(item)}`)
    .join(', ')}}`
}

// Array.isArray does not narrow a readonly list.
function isList(value: AttributeValue): value is readonly AttributeValue[] {
  return Array.isArray(value)
}

function pad(part: bigint): string {
  return String(part).padStart(2, '0')
}
