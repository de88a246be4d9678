import { encodedKey } from './attribute-keys.ts'
import { hasKey, readKeyOf } from './attribute-reader.ts'
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

/** A range of bytes that holds one message. */
export interface Message {
  readonly buffer: Buffer
  readonly start: number
  readonly end: number
}

/** Knows the keys that a change sets or removes. */
export class ReplacedKeys {
  readonly #few: readonly Buffer[]
  readonly #many: ReadonlySet<string> | undefined

  private constructor(keys: readonly string[]) {
    const many = keys.length > 8
    this.#few = many ? [] : keys.map(encodedKey)
    this.#many = many ? new Set(keys) : undefined
  }

  /** Undefined when the change names no key. */
  static of({ attributes, remove }: AttributeChange): ReplacedKeys | undefined {
    const keys: string[] = remove === undefined ? [] : [...remove]
    if (attributes !== undefined) {
      for (const key of Object.keys(attributes)) if (attributes[key] !== undefined) keys.push(key)
    }
    return keys.length === 0 ? undefined : new ReplacedKeys(keys)
  }

  /** Whether the `KeyValue` in the range has one of the keys. */
  match(buffer: Buffer, start: number, end: number): boolean {
    if (this.#many !== undefined) return this.#many.has(readKeyOf(buffer, start, end))
    for (const key of this.#few) if (hasKey(buffer, start, end, key)) return true
    return false
  }
}

/** Whether one of the attributes in field `field` of the message matches. */
export function hasAny({ buffer, start, end }: Message, field: number, keys: ReplacedKeys): boolean {
  const fields = new FieldCursor(buffer, start, end)
  while (fields.next())
    if (fields.field === field && keys.match(buffer, fields.start, fields.end)) return true
  return false
}

/** Writes a message without the attributes in field `field` that match; what stays is copied in ranges. */
export function writeWithout(
  writer: WireWriter,
  { buffer, start, end }: Message,
  field: number,
  keys: ReplacedKeys,
): void {
  let from = start
  const fields = new FieldCursor(buffer, start, end)
  while (fields.next()) {
    if (fields.field !== field || !keys.match(buffer, fields.start, fields.end)) continue
    writer.raw(buffer, from, fields.at)
    from = fields.end
  }
  writer.raw(buffer, from, end)
}
