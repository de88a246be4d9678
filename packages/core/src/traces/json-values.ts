import { encodedKey } from './attribute-keys.ts'
import { maxNesting } from './fields.ts'
import { invalidOtlp } from './invalid.ts'
import { asObject, isJsonNumber, type JsonObject, member, objectsOf, toInt64 } from './json-fields.ts'
import { type WireWriter } from './wire-writer.ts'

const valueTag = 0x12
const listItemTag = 0x0a

/** Writes a list of `KeyValue` under `tag`. */
export function writeJsonAttributes(writer: WireWriter, tag: number, value: unknown, name: string): void {
  writeKeyValues(writer, tag, value, name, 0)
}

function writeKeyValues(writer: WireWriter, tag: number, list: unknown, name: string, depth: number): void {
  for (const entry of objectsOf(list, name)) {
    const keyValue = writer.open(tag)
    const key = member(entry, 'key')
    if (key !== undefined && typeof key !== 'string') throw invalidOtlp('"key" is no text')
    if (key !== undefined && key !== '') writer.raw(encodedKey(key))
    const value = member(entry, 'value')
    if (value !== undefined) {
      const anyValue = writer.open(valueTag)
      writeAnyValue(writer, asObject(value, 'value'), depth)
      writer.close(anyValue)
    }
    writer.close(keyValue)
  }
}

/** Writes the content of an `AnyValue`; of several kinds of value the last one counts, as in protobuf. */
function writeAnyValue(writer: WireWriter, value: JsonObject, depth: number): void {
  if (depth > maxNesting) throw invalidOtlp(`attributes nest deeper than ${maxNesting} levels`)
  for (const kind of Object.keys(value)) {
    const content = value[kind]
    if (content !== null && content !== undefined) writeKind(writer, kind, content, depth)
  }
}

function writeKind(writer: WireWriter, kind: string, content: unknown, depth: number): void {
  switch (kind) {
    case 'stringValue':
    case 'string_value':
      if (typeof content !== 'string') throw invalidOtlp('"stringValue" is no text')
      writer.byte(0x0a)
      return writer.lengthAndText(content)
    case 'boolValue':
    case 'bool_value':
      if (typeof content !== 'boolean') throw invalidOtlp('"boolValue" is neither true nor false')
      writer.byte(0x10)
      return writer.byte(content ? 1 : 0)
    case 'intValue':
    case 'int_value':
      writer.byte(0x18)
      return writer.int64(toInt64(content, 'intValue'))
    case 'doubleValue':
    case 'double_value':
      writer.byte(0x21)
      return writer.double(toDouble(content))
    case 'bytesValue':
    case 'bytes_value':
      writer.byte(0x3a)
      return writer.lengthAndBytes(toBytes(content))
    case 'arrayValue':
    case 'array_value':
      return writeArray(writer, asObject(content, 'arrayValue'), depth)
    case 'kvlistValue':
    case 'kvlist_value': {
      const list = writer.open(0x32)
      writeKeyValues(
        writer,
        listItemTag,
        member(asObject(content, 'kvlistValue'), 'values'),
        'values',
        depth + 1,
      )
      return writer.close(list)
    }
    default:
  }
}

function writeArray(writer: WireWriter, array: JsonObject, depth: number): void {
  const list = writer.open(0x2a)
  for (const item of objectsOf(member(array, 'values'), 'values')) {
    const start = writer.open(listItemTag)
    writeAnyValue(writer, item, depth + 1)
    writer.close(start)
  }
  writer.close(list)
}

function toDouble(value: unknown): number {
  if (typeof value === 'number' || typeof value === 'bigint') return Number(value)
  if (value === 'NaN' || value === 'Infinity' || value === '-Infinity') return Number(value)
  if (typeof value === 'string' && isJsonNumber(value)) return Number(value)
  throw invalidOtlp('"doubleValue" is no number')
}

function toBytes(value: unknown): Buffer {
  // The alphabet for URLs and missing padding are accepted as well, as protobuf's JSON form asks of readers.
  if (typeof value === 'string' && /^[A-Za-z0-9+/_-]*={0,2}$/.test(value)) {
    const digits = value.indexOf('=') < 0 ? value.length : value.indexOf('=')
    if (digits % 4 !== 1) return Buffer.from(value, 'base64')
  }
  throw invalidOtlp('"bytesValue" is not base64')
}
