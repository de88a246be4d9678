import { wireType } from './fields.ts'

/**
 * Steps through the fields of one message, without allocation.
 *
 * Meant for bytes that have been checked. On others its answers are meaningless, but it always comes to an end
 * and never reads outside of the buffer.
 *
 * @example
 * const fields = new FieldCursor(buffer, start, end)
 * while (fields.next()) if (fields.field === 5) return buffer.toString('utf8', fields.start, fields.end)
 */
export class FieldCursor {
  readonly buffer: Buffer
  /** Number of the current field. */
  field: number = 0
  /** Wire type of the current field. */
  wire: number = 0
  /** Where the tag of the current field begins. */
  at: number
  /** Where the content of the current field begins, after its tag and length. */
  start: number
  /** Where the current field ends. */
  end: number
  readonly #limit: number

  constructor(buffer: Buffer, start: number, end: number) {
    this.buffer = buffer
    this.at = start
    this.start = start
    this.end = start
    this.#limit = end
  }

  /** Moves to the next field; false at the end of the message. */
  next(): boolean {
    const { buffer } = this
    let position = this.end
    if (position >= this.#limit) return false
    this.at = position
    let tag = buffer[position] ?? 0
    if (tag < 0x80) position++
    else {
      tag = readUint32(buffer, position)
      position = afterVarint(buffer, position)
    }
    this.field = tag >>> 3
    this.wire = tag & 7
    if (this.wire === wireType.bytes) {
      const length = buffer[position] ?? 0
      if (length < 0x80) {
        this.start = position + 1
        this.end = this.start + length
      } else {
        this.start = afterVarint(buffer, position)
        this.end = this.start + readUint32(buffer, position)
      }
      return true
    }
    this.start = position
    this.end = endOfField(buffer, position, this.#limit, this.wire, this.field)
    return true
  }
}

function endOfField(buffer: Buffer, position: number, limit: number, wire: number, field: number): number {
  switch (wire) {
    case wireType.varint:
      return afterVarint(buffer, position)
    case wireType.fixed64:
      return position + 8
    case wireType.fixed32:
      return position + 4
    case wireType.groupStart:
      return endOfGroup(buffer, position, limit, field)
    default:
      return position
  }
}

/** Steps over nested groups by counting, because the bytes are known to be well-formed. */
function endOfGroup(buffer: Buffer, position: number, limit: number, field: number): number {
  let depth = 1
  let at = position
  while (at < limit) {
    const tag = readUint32(buffer, at)
    at = afterVarint(buffer, at)
    const wire = tag & 7
    if (wire === wireType.groupStart) depth++
    else if (wire === wireType.groupEnd) {
      if (--depth === 0) return at
    } else if (wire === wireType.bytes) at = afterVarint(buffer, at) + readUint32(buffer, at)
    else at = endOfField(buffer, at, limit, wire, field)
  }
  return limit
}

/** Where the varint at `position` ends. */
export function afterVarint(buffer: Buffer, position: number): number {
  let at = position
  while ((buffer[at++] ?? 0) >= 0x80);
  return at
}

/** The low 32 bits of the varint at `position`, unsigned. */
export function readUint32(buffer: Buffer, position: number): number {
  let byte = buffer[position] ?? 0
  if (byte < 0x80) return byte
  let value = byte & 0x7f
  let at = position + 1
  for (let shift = 7; shift < 35; shift += 7) {
    byte = buffer[at++] ?? 0
    value |= (byte & 0x7f) << shift
    if (byte < 0x80) break
  }
  return value >>> 0
}

/** Whether the varint at `position` is other than 0, over all its 64 bits. */
export function readBool(buffer: Buffer, position: number): boolean {
  let at = position
  for (;;) {
    const byte = buffer[at++] ?? 0
    if ((byte & 0x7f) !== 0) return true
    if (byte < 0x80) return false
  }
}

/** The signed 64-bit varint at `position`: a number in the safe range, a bigint beyond it. */
export function readInt64(buffer: Buffer, position: number): number | bigint {
  let low = 0
  let scale = 1
  let at = position
  for (let index = 0; index < 7; index++) {
    const byte = buffer[at++] ?? 0
    low += (byte & 0x7f) * scale
    if (byte < 0x80) return low
    scale *= 128
  }
  let high = 0n
  for (let shift = 0n; shift < 21n; shift += 7n) {
    const byte = buffer[at++] ?? 0
    high |= BigInt(byte & 0x7f) << shift
    if (byte < 0x80) break
  }
  const value = BigInt.asIntN(64, (high << 49n) | BigInt(low))
  return value >= minSafe && value <= maxSafe ? Number(value) : value
}

const minSafe = BigInt(Number.MIN_SAFE_INTEGER)
const maxSafe = BigInt(Number.MAX_SAFE_INTEGER)

const scratch = Buffer.allocUnsafeSlow(8)
const scratchView = new DataView(scratch.buffer, scratch.byteOffset, 8)

/** The fixed64 at `position`. By way of a `DataView`, which the engine turns into single instructions. */
export function readUint64(buffer: Buffer, position: number): bigint {
  for (let index = 0; index < 8; index++) scratch[index] = buffer[position + index] ?? 0
  return scratchView.getBigUint64(0, true)
}

/** The double at `position`. */
export function readDouble(buffer: Buffer, position: number): number {
  for (let index = 0; index < 8; index++) scratch[index] = buffer[position + index] ?? 0
  return scratchView.getFloat64(0, true)
}

/** The fixed32 at `position`. */
export function readFixed32(buffer: Buffer, position: number): number {
  for (let index = 0; index < 4; index++) scratch[index] = buffer[position + index] ?? 0
  return scratchView.getUint32(0, true)
}

/** Writes a fixed64 and returns the position after it. Keeps the low 64 bits of `value`. */
export function writeUint64(buffer: Buffer, position: number, value: bigint): number {
  scratchView.setBigUint64(0, value, true)
  for (let index = 0; index < 8; index++) buffer[position + index] = scratch[index] ?? 0
  return position + 8
}

/** Writes a double and returns the position after it. */
export function writeDouble(buffer: Buffer, position: number, value: number): number {
  scratchView.setFloat64(0, value, true)
  for (let index = 0; index < 8; index++) buffer[position + index] = scratch[index] ?? 0
  return position + 8
}

/** How many bytes `value` (0 to 2^32 - 1) takes as a varint. */
export function varintLength(value: number): number {
  if (value < 0x80) return 1
  if (value < 0x4000) return 2
  if (value < 0x20_0000) return 3
  return value < 0x1000_0000 ? 4 : 5
}

/** Writes `value` (0 to 2^32 - 1) as a varint and returns the position after it. */
export function writeVarint(buffer: Buffer, position: number, value: number): number {
  let at = position
  let rest = value
  while (rest >= 0x80) {
    buffer[at++] = (rest & 0x7f) | 0x80
    rest >>>= 7
  }
  buffer[at++] = rest
  return at
}

/** The same bytes as a `Buffer`, not copied. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** Copies a range; short ones in a loop, because a native call costs more than their bytes. */
export function copyRange(source: Buffer, start: number, end: number, target: Buffer, at: number): number {
  const length = end - start
  if (length > 24) source.copy(target, at, start, end)
  else for (let index = 0; index < length; index++) target[at + index] = source[start + index] ?? 0
  return at + length
}
