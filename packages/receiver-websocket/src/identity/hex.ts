/** What a text of hex digits is made of. */
export type HexForm =
  /** Some character is no hex digit. */
  | 'none'
  /** Nothing but zeros, or nothing at all. */
  | 'zero'
  | 'lower'
  /** With capital letters. */
  | 'mixed'

const capital = 0x10
const other = 0x80

/** The value of a digit, with a mark for capital letters, and {@link other} for every other character. */
const digits: Uint8Array = Uint8Array.from({ length: 256 }, (_, code) => {
  const text = String.fromCharCode(code)
  if (!/[0-9a-fA-F]/.test(text)) return other
  return Number.parseInt(text, 16) | (/[A-F]/.test(text) ? capital : 0)
})

/** Looks at every character once: ids are looked at tens of thousands of times a second. */
export function hexFormOf(text: string): HexForm {
  let seen = 0
  for (let at = 0; at < text.length; at++) seen |= digits[text.charCodeAt(at)] ?? other
  if ((seen & other) !== 0) return 'none'
  if ((seen & 0x0f) === 0) return 'zero'
  return (seen & capital) === 0 ? 'lower' : 'mixed'
}

/** Puts the bytes of a text that is known to be hex digits, an even number of them, at a place of a buffer. */
export function putHex(text: string, buffer: Buffer, start: number): void {
  for (let at = 0; at < text.length; at += 2)
    buffer[start + (at >> 1)] = hexByte(text.charCodeAt(at), text.charCodeAt(at + 1))
}

/** The byte of two digits. */
export const hexByte = (high: number, low: number): number =>
  (((digits[high] ?? 0) << 4) | ((digits[low] ?? 0) & 0x0f)) & 0xff
