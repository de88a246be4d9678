import { StartError } from '../errors/errors.ts'

/** A header map as written: name to value, or a list of pairs (section 1.7). */
export type HeaderMap =
  | Readonly<Record<string, string>>
  | readonly { readonly name: string; readonly value: string }[]

/**
 * The pairs of a header map.
 *
 * @throws StartError for a name or value that HTTP does not allow, so that no setting can inject headers. The
 * message leaves the value out, which may be a secret.
 */
export function headerEntries(map: HeaderMap | undefined): readonly (readonly [string, string])[] {
  if (map === undefined) return []
  const entries = isList(map) ? map.map(({ name, value }) => [name, value] as const) : Object.entries(map)
  for (const [name, value] of entries) {
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name))
      throw new StartError('HEADER_INVALID', `invalid header name "${name}"`)
    if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) {
      throw new StartError('HEADER_INVALID', `invalid value of header "${name}"`)
    }
  }
  return entries
}

const isList = (map: HeaderMap): map is readonly { readonly name: string; readonly value: string }[] =>
  Array.isArray(map)
