/** Where spans go that have no value for their path. */
const missing = 'MISSING'
/** File systems take 255 bytes for a name; the rest of the name is the setting's. */
const maxBytes = 200

/**
 * What an attribute's value contributes to a path: always one name. The value comes from outside, so it can never lead
 * out of the folder, and what a file system may take for more than a name becomes `_`.
 */
export function pathSegment(value: unknown): string {
  if (typeof value !== 'string') return missing
  const name = value.slice(0, maxBytes).replaceAll(/[^\p{L}\p{N}._@=+-]/gu, '_')
  const segment = cutToBytes(name).replace(/\.+$/, '')
  return segment === '' ? missing : segment
}

function cutToBytes(name: string): string {
  let cut = name
  while (Buffer.byteLength(cut) > maxBytes) cut = cut.slice(0, -1)
  return cut
}
