import { writeHex } from './ids.ts'
import { invalidOtlp } from './invalid.ts'
import { writeText } from './span-init.ts'
import { type WireWriter } from './wire-writer.ts'

/** A JSON object whose members have not been looked at. */
export type JsonObject = Readonly<Record<string, unknown>>

/** The member under its lowerCamelCase or its snake_case name; undefined for `null`, which stands for absent. */
export function member(object: JsonObject, name: string, snakeName: string = name): unknown {
  return object[name] ?? object[snakeName] ?? undefined
}

/** @throws PermanentError when the value is there and no object */
export function asObject(value: unknown, name: string): JsonObject {
  if (isObject(value)) return value
  throw invalidOtlp(`"${name}" is no object`)
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The objects of a list; none when it is absent. */
export function objectsOf(value: unknown, name: string): readonly JsonObject[] {
  if (value === undefined) return []
  if (Array.isArray(value) && value.every(isObject)) return value
  throw invalidOtlp(`"${name}" is no list of objects`)
}

/** A field of text; nothing for an empty one. */
export function writeJsonText(writer: WireWriter, tag: number, value: unknown, name: string): void {
  if (value === undefined || value === '') return
  if (typeof value !== 'string') throw invalidOtlp(`"${name}" is no text`)
  writeText(writer, tag, value)
}

/** An id of `size` bytes in hex of either case and exact length; nothing for an empty one. */
export function writeJsonId(
  writer: WireWriter,
  tag: number,
  value: unknown,
  name: string,
  size: number,
): void {
  if (value === undefined || value === '') return
  if (typeof value !== 'string') throw invalidOtlp(`"${name}" is no text`)
  const buffer = writer.reserve(size + 2)
  if (value.length !== size * 2 || writeHex(value, buffer, writer.position + 2) === 'no hex') {
    throw invalidOtlp(`"${name}" is not ${size * 2} hexadecimal digits`)
  }
  buffer[writer.position] = tag
  buffer[writer.position + 1] = size
  writer.position += size + 2
}

/** A time as a fixed64; nothing for 0. */
export function writeJsonTime(writer: WireWriter, tag: number, value: unknown, name: string): void {
  if (value === undefined || value === '0' || value === 0) return
  const time = toInteger(value, name)
  if (time < 0 || time > maxUint64) throw invalidOtlp(`"${name}" is no unsigned 64-bit integer`)
  writer.byte(tag)
  writer.fixed64(BigInt(time))
}

/** An unsigned 32-bit number as a varint; nothing for 0. */
export function writeJsonCount(writer: WireWriter, tag: number, value: unknown, name: string): void {
  const count = toUint32(value, name)
  if (count === 0) return
  writer.byte(tag)
  writer.varint(count)
}

/** @throws PermanentError when the value is there and no unsigned 32-bit integer */
export function toUint32(value: unknown, name: string): number {
  if (value === undefined) return 0
  const count = toInteger(value, name)
  if (count < 0 || count > 0xffff_ffff) throw invalidOtlp(`"${name}" is no unsigned 32-bit integer`)
  return Number(count)
}

/** An enum by its number; its names are refused, as the protocol says. */
export function writeJsonEnum(writer: WireWriter, tag: number, value: unknown, name: string): void {
  if (value === undefined || value === 0) return
  if (typeof value !== 'number' || (value | 0) !== value)
    throw invalidOtlp(`"${name}" is no number of an enum`)
  writer.byte(tag)
  writer.int64(value)
}

const minInt64 = -(2n ** 63n)
const maxInt64 = 2n ** 63n - 1n
const maxUint64 = 2n ** 64n - 1n

/** A signed 64-bit integer. */
export function toInt64(value: unknown, name: string): number | bigint {
  const integer = toInteger(value, name)
  if (integer >= minInt64 && integer <= maxInt64) return integer
  throw invalidOtlp(`"${name}" is no signed 64-bit integer`)
}

/** An integer as a number or as text, in which an exponent is allowed as long as the value stays an integer. */
function toInteger(value: unknown, name: string): number | bigint {
  if (typeof value === 'bigint') return value
  if (typeof value === 'string' && /^-?\d{1,20}$/.test(value)) {
    return value.length < 16 ? Number(value) : BigInt(value)
  }
  const number = typeof value === 'string' && isJsonNumber(value) ? Number(value) : value
  // A number so large has no fraction, and BigInt gives its exact value.
  if (typeof number === 'number' && Number.isInteger(number)) return BigInt(number)
  throw invalidOtlp(`"${name}" is no integer`)
}

/** Whether the text is a number as JSON writes it. */
export function isJsonNumber(text: string): boolean {
  return text.length <= 400 && /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(text)
}
