import { connectionHeaders } from '@spanloom/core'

/**
 * Headers without those of one connection only (RFC 9110, section 7.6.1). `raw` is a list of names and values in
 * turn; names, values, order and repetitions stay as they are.
 */
export function endToEnd(raw: readonly string[], without: ReadonlySet<string> = new Set()): string[] {
  const named = new Set(
    pairs(raw)
      .filter(([name]) => name.toLowerCase() === 'connection')
      .flatMap(([, value]) => value.split(',').map((token) => token.trim().toLowerCase())),
  )
  return pairs(raw)
    .filter(([name]) => {
      const lower = name.toLowerCase()
      return !connectionHeaders.has(lower) && !named.has(lower) && !without.has(lower)
    })
    .flat()
}

/** All values of a header, in order. */
export function valuesOf(raw: readonly string[], name: string): readonly string[] {
  return pairs(raw)
    .filter(([each]) => each.toLowerCase() === name)
    .map(([, value]) => value)
}

function pairs(raw: readonly string[]): (readonly [string, string])[] {
  return Array.from({ length: raw.length >> 1 }, (_, index) => [
    raw[index * 2] ?? '',
    raw[index * 2 + 1] ?? '',
  ])
}
