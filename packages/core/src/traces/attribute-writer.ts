import { PermanentError } from '../errors/errors.ts'
import { encodedKey } from './attribute-keys.ts'
import { maxNesting } from './fields.ts'
import { type Attributes, type AttributeValue, Double, isInteger, isList } from './values.ts'
import { type WireWriter } from './wire-writer.ts'
import { copyRange } from './wire.ts'

const tag = {
  value: 0x12,
  string: 0x0a,
  bool: 0x10,
  int: 0x18,
  double: 0x21,
  array: 0x2a,
  kvlist: 0x32,
  bytes: 0x3a,
  listItem: 0x0a,
} as const

const minInt64 = -(2n ** 63n)
const maxInt64 = 2n ** 63n - 1n

/** Writes every attribute as a `KeyValue` under `keyValueTag`, the tag of the field it belongs to. */
export function writeAttributes(writer: WireWriter, keyValueTag: number, attributes: Attributes): void {
  writeKeyValues(writer, keyValueTag, attributes, 0)
}

function writeKeyValues(
  writer: WireWriter,
  keyValueTag: number,
  attributes: Attributes,
  depth: number,
): void {
  for (const key of Object.keys(attributes)) {
    const value = attributes[key]
    if (value !== undefined) writeAttribute(writer, keyValueTag, key, value, depth)
  }
}

/**
 * Writes one attribute as a `KeyValue`.
 *
 * @throws PermanentError for values that nest too deep; they come from data, so that sending it again is pointless
 */
export function writeAttribute(
  writer: WireWriter,
  keyValueTag: number,
  key: string,
  value: AttributeValue,
  depth: number = 0,
): void {
  const encoded = key === '' ? noKey : encodedKey(key)
  if (typeof value === 'string' && writeShortText(writer, keyValueTag, encoded, value)) return
  const keyValue = writer.open(keyValueTag)
  writer.raw(encoded)
  const anyValue = writer.open(tag.value)
  writeValue(writer, value, depth)
  writer.close(anyValue)
  writer.close(keyValue)
}

const noKey = Buffer.alloc(0)

/** With the four bytes of tags and lengths around the value below the 128 from which lengths take more than a byte. */
const shortEnough = 124

/** The commonest attribute, short ASCII, written in one go; false for another. */
function writeShortText(writer: WireWriter, keyValueTag: number, key: Buffer, text: string): boolean {
  const { length } = text
  if (key.length + length >= shortEnough) return false
  const buffer = writer.reserve(key.length + length + 6)
  const start = writer.position
  const at = copyRange(key, 0, key.length, buffer, start + 2)
  for (let index = 0; index < length; index++) {
    const code = text.charCodeAt(index)
    if (code > 0x7f) return false
    buffer[at + 4 + index] = code
  }
  buffer[start] = keyValueTag
  buffer[start + 1] = key.length + length + 4
  buffer[at] = tag.value
  buffer[at + 1] = length + 2
  buffer[at + 2] = tag.string
  buffer[at + 3] = length
  writer.position = at + 4 + length
  return true
}

/** Writes the content of an `AnyValue`. */
export function writeValue(writer: WireWriter, value: AttributeValue, depth: number): void {
  if (typeof value === 'string') {
    writer.byte(tag.string)
    writer.lengthAndText(value)
  } else if (typeof value === 'number') {
    if (isInteger(value)) writeInteger(writer, value)
    else writeDouble(writer, value)
  } else if (typeof value === 'boolean') {
    writer.byte(tag.bool)
    writer.byte(value ? 1 : 0)
  } else if (typeof value === 'bigint') writeBigint(writer, value)
  else if (value !== null && value !== undefined) writeObject(writer, value, depth)
}

function writeInteger(writer: WireWriter, value: number | bigint): void {
  writer.byte(tag.int)
  writer.int64(value)
}

function writeBigint(writer: WireWriter, value: bigint): void {
  if (value >= minInt64 && value <= maxInt64) return writeInteger(writer, value)
  writer.byte(tag.string)
  writer.lengthAndText(String(value))
}

function writeDouble(writer: WireWriter, value: number): void {
  writer.byte(tag.double)
  writer.double(value)
}

type ObjectValue = Extract<AttributeValue, object>

function writeObject(writer: WireWriter, value: ObjectValue, depth: number): void {
  if (value instanceof Double) return writeDouble(writer, value.value)
  if (value instanceof Uint8Array) {
    writer.byte(tag.bytes)
    return writer.lengthAndBytes(value)
  }
  if (depth >= maxNesting) {
    const message = `An attribute nests deeper than ${maxNesting} levels.`
    throw new PermanentError('ATTRIBUTE_TOO_DEEP', message, { grpcStatus: 3 })
  }
  if (isList(value)) {
    const list = writer.open(tag.array)
    for (const item of value) {
      const start = writer.open(tag.listItem)
      writeValue(writer, item, depth + 1)
      writer.close(start)
    }
    return writer.close(list)
  }
  const list = writer.open(tag.kvlist)
  writeKeyValues(writer, tag.listItem, value, depth + 1)
  writer.close(list)
}
