import { copyRange, readUint32, varintLength, writeVarint } from './wire.ts'

const keyTag = 0x0a
const maxKeys = 4096
const encoded = new Map<string, Buffer>()
/** By a few of their characters: looking into a map for each attribute takes longer than writing it. */
const recentlyEncoded: (Interned | undefined)[] = Array.from({ length: 1024 })

/** The `key` field of a `KeyValue` with its tag and length; encoded once for each key that is in use. */
export function encodedKey(key: string): Buffer {
  const { length } = key
  const place =
    (key.charCodeAt(0) * 31 +
      key.charCodeAt(length >> 1) * 131 +
      key.charCodeAt(length - 1) * 521 +
      length * 17) &
    1023
  const recent = recentlyEncoded[place]
  if (recent !== undefined && recent.text === key) return recent.bytes
  const bytes = lookUpOrEncode(key)
  recentlyEncoded[place] = { text: key, bytes }
  return bytes
}

function lookUpOrEncode(key: string): Buffer {
  const known = encoded.get(key)
  if (known !== undefined) return known
  const length = Buffer.byteLength(key)
  const bytes = Buffer.allocUnsafeSlow(1 + varintLength(length) + length)
  bytes[0] = keyTag
  bytes.write(key, writeVarint(bytes, 1, length), 'utf8')
  if (length > 256) return bytes
  // Keys of hostile senders could fill any cache: starting over is cheap, and bounds it.
  if (encoded.size >= maxKeys) encoded.clear()
  encoded.set(key, bytes)
  return bytes
}

interface Interned {
  readonly bytes: Buffer
  readonly text: string
}

const slots: (Interned | undefined)[] = Array.from({ length: 1024 })

/** The key in a range of bytes; keys that were read lately share one string. */
export function readKey(buffer: Buffer, start: number, end: number): string {
  const length = end - start
  if (length === 0) return ''
  if (length > 64) return buffer.toString('utf8', start, end)
  const first = buffer[start] ?? 0
  const middle = buffer[start + (length >> 1)] ?? 0
  const last = buffer[end - 1] ?? 0
  const slot = (first * 31 + middle * 131 + last * 521 + (buffer[end - 2] ?? 0) * 1031 + length * 17) & 1023
  const known = slots[slot]
  if (known !== undefined && sameBytes(known.bytes, 0, known.bytes.length, buffer, start, end))
    return known.text
  const bytes = Buffer.allocUnsafeSlow(length)
  copyRange(buffer, start, end, bytes, 0)
  const text = bytes.toString('utf8')
  slots[slot] = { bytes, text }
  return text
}

/** Whether two ranges hold the same bytes. */
export function sameBytes(
  left: Buffer,
  leftStart: number,
  leftEnd: number,
  right: Buffer,
  rightStart: number,
  rightEnd: number,
): boolean {
  const length = leftEnd - leftStart
  if (length !== rightEnd - rightStart || left.length < leftEnd) return false
  if (length > 64) return left.compare(right, rightStart, rightEnd, leftStart, leftEnd) === 0
  // From the end: keys of one namespace differ in their last characters.
  for (let index = length - 1; index >= 0; index--) {
    if (left[leftStart + index] !== right[rightStart + index]) return false
  }
  return true
}

/** Where the text begins in the result of {@link encodedKey}. */
export function keyTextStart(key: Buffer): number {
  return 1 + varintLength(readUint32(key, 1))
}
