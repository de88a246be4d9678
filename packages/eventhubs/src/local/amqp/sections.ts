import { MalformedMessage } from './malformed-message.ts'

/** Descriptor codes of the sections of a message (AMQP 1.0, 3.2). */
export const sectionCode = {
  header: 0x70,
  deliveryAnnotations: 0x71,
  messageAnnotations: 0x72,
  properties: 0x73,
  applicationProperties: 0x74,
  data: 0x75,
  sequence: 0x76,
  value: 0x77,
  footer: 0x78,
} as const

/** One section inside the bytes of a message. */
export interface Section {
  readonly code: number
  /** Where the section begins, descriptor included. */
  readonly start: number
  /** Where its value begins. */
  readonly valueStart: number
  readonly end: number
}

/** Finds the sections of a message without decoding any. Throws {@link MalformedMessage}. */
export function sectionsOf(message: Buffer): Section[] {
  const sections: Section[] = []
  for (let start = 0; start < message.length;) {
    if (message[start] !== 0) throw new MalformedMessage(`no section begins at byte ${start}`)
    const valueStart = endOfValue(message, start + 1)
    const end = endOfValue(message, valueStart)
    sections.push({ code: descriptorAt(message, start + 1, valueStart), start, valueStart, end })
    start = end
  }
  return sections
}

/** The messages that a batch (message format 0x80013700) carries, one in each data section. */
export function messagesOfBatch(batch: Buffer): Buffer[] {
  return sectionsOf(batch)
    .filter(({ code }) => code === sectionCode.data)
    .map(({ valueStart }) => binaryAt(batch, valueStart))
}

/** Descriptors nest only in hostile input; real ones are one level deep. */
const maxDescriptors = 4

/** The position behind the value that begins at `at`. Throws {@link MalformedMessage}. */
export function endOfValue(bytes: Buffer, at: number, descriptors = 0): number {
  const code = byteAt(bytes, at)
  if (code === 0) {
    if (descriptors === maxDescriptors) throw new MalformedMessage('descriptors nest too deep')
    return endOfValue(bytes, endOfValue(bytes, at + 1, descriptors + 1), descriptors + 1)
  }
  const end = at + 1 + sizeAfterCode(bytes, at, code)
  if (end > bytes.length) throw new MalformedMessage(`a value at byte ${at} reaches beyond the end`)
  return end
}

/** The bytes of a binary, string or symbol value. Throws {@link MalformedMessage} for any other type. */
export function binaryAt(bytes: Buffer, at: number): Buffer {
  const code = byteAt(bytes, at)
  const end = endOfValue(bytes, at)
  if (code === 0xa0 || code === 0xa1 || code === 0xa3) return bytes.subarray(at + 2, end)
  if (code === 0xb0 || code === 0xb1 || code === 0xb3) return bytes.subarray(at + 5, end)
  throw new MalformedMessage(`binary or text was expected at byte ${at}`)
}

/** The entries of a map, each as the bytes of its key and of its value, encoded as they came. */
export function mapEntries(bytes: Buffer, at: number): { readonly key: Buffer; readonly value: Buffer }[] {
  const code = byteAt(bytes, at)
  const end = endOfValue(bytes, at)
  if (code !== 0xc1 && code !== 0xd1) throw new MalformedMessage(`a map was expected at byte ${at}`)
  const entries: { key: Buffer; value: Buffer }[] = []
  for (let start = at + (code === 0xc1 ? 3 : 9); start < end;) {
    const middle = endOfValue(bytes, start)
    const next = endOfValue(bytes, middle)
    if (next > end) throw new MalformedMessage('an entry reaches beyond its map')
    entries.push({ key: bytes.subarray(start, middle), value: bytes.subarray(middle, next) })
    start = next
  }
  return entries
}

/** Bytes after a constructor of fixed width, by its upper four bits. */
const fixedWidths = new Map([
  [0x4, 0],
  [0x5, 1],
  [0x6, 2],
  [0x7, 4],
  [0x8, 8],
  [0x9, 16],
])

function sizeAfterCode(bytes: Buffer, at: number, code: number): number {
  const family = code >>> 4
  const fixed = fixedWidths.get(family)
  if (fixed !== undefined) return fixed
  if (family === 0xa || family === 0xc || family === 0xe) return 1 + byteAt(bytes, at + 1)
  if (family === 0xb || family === 0xd || family === 0xf) {
    if (at + 5 > bytes.length) throw new MalformedMessage('it ends inside a length')
    return 4 + bytes.readUInt32BE(at + 1)
  }
  throw new MalformedMessage(`type code 0x${code.toString(16)} does not exist`)
}

function descriptorAt(bytes: Buffer, at: number, end: number): number {
  const code = byteAt(bytes, at)
  if (code === 0x53) return byteAt(bytes, at + 1)
  if (code === 0x80 && end === at + 9) return Number(bytes.readBigUInt64BE(at + 1))
  throw new MalformedMessage(`a section at byte ${at - 1} has no numeric descriptor`)
}

function byteAt(bytes: Buffer, at: number): number {
  const byte = bytes[at]
  if (byte === undefined) throw new MalformedMessage('it ends too early')
  return byte
}
