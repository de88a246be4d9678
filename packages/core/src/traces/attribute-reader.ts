import { encodedKey, keyTextStart, readKey, sameBytes } from './attribute-keys.ts'
import { anyValueField, keyValueField, listField, maxNesting } from './fields.ts'
import { type Attributes, type AttributeValue, fromDouble } from './values.ts'
import { FieldCursor, readBool, readDouble, readInt64 } from './wire.ts'

type MutableAttributes = Record<string, AttributeValue>

/** All attributes in field `field` of the message; of equal keys the last one counts. */
export function readAttributes(buffer: Buffer, start: number, end: number, field: number): Attributes {
  const attributes = noAttributes()
  readKeyValues({ buffer, start, end }, field, 0, attributes)
  return attributes
}

/** Without a prototype, so that no key has a meaning. */
function noAttributes(): MutableAttributes {
  const attributes: MutableAttributes = Object.create(null)
  return attributes
}

function readKeyValues(
  { buffer, start, end }: Range,
  field: number,
  depth: number,
  into: MutableAttributes,
): void {
  const fields = new FieldCursor(buffer, start, end)
  while (fields.next()) {
    if (fields.field !== field) continue
    const entry = findKeyValue(buffer, fields.start, fields.end)
    into[entry.key] = readValue(entry, depth)
  }
}

interface KeyValue {
  readonly key: string
  readonly buffer: Buffer
  /** The bytes of the value; equal when it has none. */
  readonly start: number
  readonly end: number
}

function findKeyValue(buffer: Buffer, start: number, end: number): KeyValue {
  const fields = new FieldCursor(buffer, start, end)
  let key = ''
  let valueStart = 0
  let valueEnd = 0
  while (fields.next()) {
    if (fields.field === keyValueField.key) key = readKey(buffer, fields.start, fields.end)
    else if (fields.field === keyValueField.value) {
      if (valueEnd !== 0)
        return { key: readKeyOf(buffer, start, end), ...merged(buffer, start, end, keyValueField.value) }
      valueStart = fields.start
      valueEnd = fields.end
    }
  }
  return { key, buffer, start: valueStart, end: valueEnd }
}

/** Key and value of the `KeyValue` in the range. */
export function readKeyValue(buffer: Buffer, start: number, end: number): readonly [string, AttributeValue] {
  const entry = findKeyValue(buffer, start, end)
  return [entry.key, readValue(entry, 0)]
}

/** The key of the `KeyValue` in the range. */
export function readKeyOf(buffer: Buffer, start: number, end: number): string {
  const fields = new FieldCursor(buffer, start, end)
  let key = ''
  while (fields.next()) {
    if (fields.field === keyValueField.key) key = readKey(buffer, fields.start, fields.end)
  }
  return key
}

interface Range {
  readonly buffer: Buffer
  readonly start: number
  readonly end: number
}

/** A sub-message that occurs several times is the concatenation of its parts: protobuf's merge law. */
export function merged(buffer: Buffer, start: number, end: number, field: number): Range {
  const fields = new FieldCursor(buffer, start, end)
  let only: Range | undefined
  let parts: Buffer[] | undefined
  while (fields.next()) {
    if (fields.field !== field) continue
    if (only === undefined) only = { buffer, start: fields.start, end: fields.end }
    else (parts ??= [buffer.subarray(only.start, only.end)]).push(buffer.subarray(fields.start, fields.end))
  }
  if (parts === undefined) return only ?? { buffer, start, end: start }
  const bytes = Buffer.concat(parts)
  return { buffer: bytes, start: 0, end: bytes.length }
}

/** Decodes one `AnyValue`: of several kinds the last one counts, several parts of one list are one list. */
function readValue({ buffer, start, end }: Range, depth: number): AttributeValue {
  if (depth > maxNesting) return null
  const fields = new FieldCursor(buffer, start, end)
  let value: AttributeValue = null
  let items: AttributeValue[] | undefined
  let entries: MutableAttributes | undefined
  while (fields.next()) {
    const { field } = fields
    if (field > anyValueField.bytesValue) continue
    if (field !== anyValueField.arrayValue) items = undefined
    if (field !== anyValueField.kvlistValue) entries = undefined
    switch (field) {
      case anyValueField.stringValue:
        value = readText(buffer, fields.start, fields.end)
        break
      case anyValueField.boolValue:
        value = readBool(buffer, fields.start)
        break
      case anyValueField.intValue:
        value = readInt64(buffer, fields.start)
        break
      case anyValueField.doubleValue:
        value = fromDouble(readDouble(buffer, fields.start))
        break
      case anyValueField.bytesValue:
        value = buffer.subarray(fields.start, fields.end)
        break
      case anyValueField.arrayValue:
        items ??= []
        readItems(fields, depth, items)
        value = items
        break
      default:
        entries ??= noAttributes()
        readKeyValues(fields, listField.values, depth + 1, entries)
        value = entries
    }
  }
  return value
}

function readItems({ buffer, start, end }: Range, depth: number, items: AttributeValue[]): void {
  const fields = new FieldCursor(buffer, start, end)
  while (fields.next()) {
    if (fields.field === listField.values) items.push(readValue(fields, depth + 1))
  }
}

/** UTF-8 as text; what is no UTF-8 becomes U+FFFD. */
export function readText(buffer: Buffer, start: number, end: number): string {
  return start === end ? '' : buffer.toString('utf8', start, end)
}

/** The value of `key` among the attributes in field `field` of a message; the last one counts. */
export function findAttribute(
  buffer: Buffer,
  start: number,
  end: number,
  field: number,
  key: string,
): AttributeValue | undefined {
  const wanted = encodedKey(key)
  const fields = new FieldCursor(buffer, start, end)
  let foundStart = -1
  let foundEnd = -1
  while (fields.next()) {
    if (fields.field !== field || !hasKey(buffer, fields.start, fields.end, wanted)) continue
    foundStart = fields.start
    foundEnd = fields.end
  }
  return foundStart < 0 ? undefined : readValue(findKeyValue(buffer, foundStart, foundEnd), 0)
}

/** Whether the `KeyValue` in the range has this key, which {@link encodedKey} gave. */
export function hasKey(buffer: Buffer, start: number, end: number, key: Buffer): boolean {
  // Almost every encoder writes the key first and once, in exactly the encoded form, and then the value.
  const length = buffer[start + 1] ?? 0
  const after = start + 2 + length
  if (buffer[start] === keyTag && length < 0x80 && after < end && buffer[after] === valueTag) {
    const valueLength = buffer[after + 1] ?? 0
    if (valueLength < 0x80 && after + 2 + valueLength === end) {
      return key[1] === length && sameBytes(key, 2, key.length, buffer, start + 2, after)
    }
  }
  const fields = new FieldCursor(buffer, start, end)
  let keyStart = 0
  let keyEnd = 0
  while (fields.next()) {
    if (fields.field !== keyValueField.key) continue
    keyStart = fields.start
    keyEnd = fields.end
  }
  return sameBytes(key, keyTextStart(key), key.length, buffer, keyStart, keyEnd)
}

const keyTag = 0x0a
const valueTag = 0x12
