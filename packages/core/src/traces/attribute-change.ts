import { encodedKey, keyTextStart } from './attribute-keys.ts'
import { hasKey, readKeyOf } from './attribute-reader.ts'
import { writeAttribute } from './attribute-writer.ts'
import { type Attributes } from './values.ts'
import { type WireWriter } from './wire-writer.ts'
import { FieldCursor } from './wire.ts'

/** What becomes of a list of attributes. */
export interface AttributeChange {
  /** Set or replaced. */
  readonly attributes?: Attributes | undefined
  /** Taken away; a key that is set as well is set. */
  readonly remove?: readonly string[] | undefined
}

/**
 * Writes a message with its attributes, which are field `field`, changed: what stays is copied in ranges, what is
 * new comes at the end. False when nothing was to be done and the copy equals the message.
 */
export function writeChangedAttributes(
  writer: WireWriter,
  { buffer, start, end }: { readonly buffer: Buffer; readonly start: number; readonly end: number },
  field: number,
  { attributes = {}, remove = [] }: AttributeChange,
): boolean {
  const added = Object.entries(attributes).filter(([, value]) => value !== undefined)
  const goes = keyMatcher([...added.map(([key]) => key), ...remove])
  let from = start
  let changed = added.length > 0
  const fields = new FieldCursor(buffer, start, end)
  while (fields.next()) {
    if (fields.field !== field || !goes(buffer, fields.start, fields.end)) continue
    writer.raw(buffer, from, fields.at)
    from = fields.end
    changed = true
  }
  writer.raw(buffer, from, end)
  const tag = (field << 3) | 2
  for (const [key, value] of added) writeAttribute(writer, tag, key, value)
  return changed
}

type KeyMatcher = (buffer: Buffer, start: number, end: number) => boolean

function keyMatcher(keys: readonly string[]): KeyMatcher {
  if (keys.length > 8) {
    const wanted = new Set(keys)
    return (buffer, start, end) => wanted.has(readKeyOf(buffer, start, end))
  }
  const wanted = keys.map((key) => encodedKey(key))
  return (buffer, start, end) => wanted.some((key) => hasKey(buffer, start, end, key, keyTextStart(key)))
}
