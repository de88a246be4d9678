const digitValues = new Uint8Array(256).fill(0xff)
for (let digit = 0; digit < 16; digit++) {
  const text = digit.toString(16)
  digitValues[text.charCodeAt(0)] = digit
  digitValues[text.toUpperCase().charCodeAt(0)] = digit
}

/** Whether `text` is 32 hex digits of either case that are not all 0. */
export function isTraceId(text: string): boolean {
  return text.length === 32 && writeHex(text, scratch, 0) === 'id'
}

/** Whether `text` is 16 hex digits of either case that are not all 0. */
export function isSpanId(text: string): boolean {
  return text.length === 16 && writeHex(text, scratch, 0) === 'id'
}

const scratch = Buffer.alloc(16)

/** The bytes of hex digits of either case. @throws TypeError for an odd count or another character */
export function hexToBytes(hex: string): Buffer {
  const bytes = Buffer.allocUnsafe(hex.length >>> 1)
  if (hex.length % 2 !== 0 || writeHex(hex, bytes, 0) === 'no hex') {
    throw new TypeError('The text is not hexadecimal.')
  }
  return bytes
}

/** Lower-case hex digits of a range of bytes. */
export function bytesToHex(bytes: Uint8Array, start: number = 0, end: number = bytes.length): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('hex')
}

/** Writes the bytes of `hex`, which has an even number of digits, at `position` and tells what they are. */
export function writeHex(hex: string, target: Buffer, position: number): 'id' | 'all 0' | 'no hex' {
  let any = 0
  let at = position
  for (let index = 0; index < hex.length; index += 2) {
    const high = digitAt(hex, index)
    const low = digitAt(hex, index + 1)
    any |= high | low
    target[at++] = (high << 4) | low
  }
  return any > 15 ? 'no hex' : any === 0 ? 'all 0' : 'id'
}

function digitAt(text: string, index: number): number {
  return digitValues[text.charCodeAt(index)] ?? 0xff
}

/** The id of 8 or 16 bytes at `start` in lower-case hex; '' when it is absent or all 0, which OTLP takes for absent. */
export function readId(buffer: Buffer, start: number, end: number): string {
  for (let at = start; at < end; at++) {
    if (buffer[at] !== 0) return buffer.toString('hex', start, end)
  }
  return ''
}
