const digitValues = new Uint8Array(256).fill(0xff)
for (let digit = 0; digit < 16; digit++) {
  const text = digit.toString(16)
  digitValues[text.charCodeAt(0)] = digit
  digitValues[text.toUpperCase().charCodeAt(0)] = digit
}

/** Whether `text` is 32 hex digits of either case that are not all 0. */
export function isTraceId(text: string): boolean {
  return isId(text, 32)
}

/** Whether `text` is 16 hex digits of either case that are not all 0. */
export function isSpanId(text: string): boolean {
  return isId(text, 16)
}

function isId(text: string, digits: number): boolean {
  if (text.length !== digits) return false
  let any = 0
  for (let index = 0; index < digits; index++) {
    const value = digitOf(text, index)
    if (value > 15) return false
    any |= value
  }
  return any !== 0
}

function digitOf(text: string, index: number): number {
  const code = text.charCodeAt(index)
  return code > 0xff ? 0xff : (digitValues[code] ?? 0xff)
}

/** The bytes of hex digits of either case. @throws TypeError for an odd count or another character */
export function hexToBytes(hex: string): Buffer {
  const bytes = Buffer.allocUnsafe(hex.length >>> 1)
  if (hex.length % 2 !== 0 || !writeHex(hex, bytes, 0)) throw new TypeError('The text is not hexadecimal.')
  return bytes
}

/** Lower-case hex digits of a range of bytes. */
export function bytesToHex(bytes: Uint8Array, start: number = 0, end: number = bytes.length): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('hex')
}

/** Writes the bytes of `hex` at `position`; false when a character is no hex digit. */
export function writeHex(hex: string, target: Buffer, position: number): boolean {
  let bad = 0
  for (let index = 0; index < hex.length; index += 2) {
    const high = digitOf(hex, index)
    const low = digitOf(hex, index + 1)
    bad |= high | low
    target[position + (index >>> 1)] = (high << 4) | low
  }
  return bad < 16
}

/** The id of 8 or 16 bytes at `start` in lower-case hex; '' when it is absent or all 0, which OTLP takes for absent. */
export function readId(buffer: Buffer, start: number, end: number): string {
  for (let at = start; at < end; at++) {
    if (buffer[at] !== 0) return buffer.toString('hex', start, end)
  }
  return ''
}
