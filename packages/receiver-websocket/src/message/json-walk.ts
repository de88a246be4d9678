/**
 * Steps through the bytes of a JSON text without making values of them. Every step takes the position where it begins
 * and gives the one behind what it passed, or {@link lost} for a text that is no JSON or not of the usual kind.
 */

/** The text cannot be walked through: it is not valid, or so unusual that somebody slower has to look. */
export const lost = -1

const blank = 0x20
const quote = 0x22
const backslash = 0x5c
const comma = 0x2c
const colon = 0x3a
const openBracket = 0x5b
const closeBracket = 0x5d
const openBrace = 0x7b
const closeBrace = 0x7d
const minus = 0x2d
const dot = 0x2e
const zero = 0x30

/** Containers inside each other are kept as bits of one number, below the bit that marks its beginning. */
const outermost = 1
const deepest = 2 ** 30

const isHexDigit = Uint8Array.from({ length: 256 }, (_, byte) =>
  Number(/[0-9a-f]/i.test(String.fromCharCode(byte))),
)
const escapable = Uint8Array.from({ length: 256 }, (_, byte) =>
  Number('"\\/bfnrt'.includes(String.fromCharCode(byte))),
)

/** Behind the blanks that may stand anywhere between tokens. */
export function afterBlanks(data: Buffer, start: number): number {
  let at = start
  for (; at < data.length; at++) {
    const byte = data[at]
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) break
  }
  return at
}

/** Behind a string, which begins with its quote and may hold escapes. */
export function afterString(data: Buffer, start: number): number {
  for (let at = start + 1; at < data.length; at++) {
    const byte = data[at] ?? 0
    // Most bytes are small letters, so one comparison is enough for them.
    if (byte > backslash) continue
    if (byte === quote) return at + 1
    if (byte < blank) return lost
    if (byte !== backslash) continue
    const escaped = data[++at] ?? 0
    if (escapable[escaped] === 1) continue
    if (escaped !== 0x75 || !isHex(data, at + 1)) return lost
    at += 4
  }
  return lost
}

function isHex(data: Buffer, start: number): boolean {
  if (start + 4 > data.length) return false
  for (let at = start; at < start + 4; at++) if (isHexDigit[data[at] ?? 0] === 0) return false
  return true
}

/** Behind a string without escapes: its bytes are its text. */
export function afterPlainString(data: Buffer, start: number): number {
  for (let at = start + 1; at < data.length; at++) {
    const byte = data[at] ?? 0
    if (byte > backslash) continue
    if (byte === quote) return at + 1
    if (byte < blank || byte === backslash) return lost
  }
  return lost
}

/** Behind the colon that follows a name. */
export function afterColon(data: Buffer, start: number): number {
  const at = data[start] === colon ? start : afterBlanks(data, start)
  return data[at] === colon ? at + 1 : lost
}

/** Behind `true`, `false`, `null` or a number. */
export function afterScalar(data: Buffer, start: number): number {
  const word = words.get(data[start] ?? 0)
  return word === undefined ? afterNumber(data, start) : afterWord(data, start, word)
}

/** The words by their first letters. */
const words = new Map(['true', 'false', 'null'].map((word) => [word.charCodeAt(0), Buffer.from(word)]))

function afterWord(data: Buffer, start: number, word: Buffer): number {
  for (let index = 0; index < word.length; index++) if (data[start + index] !== word[index]) return lost
  return start + word.length
}

function afterNumber(data: Buffer, start: number): number {
  let at = data[start] === minus ? start + 1 : start
  at = data[at] === zero ? at + 1 : afterDigits(data, at)
  if (at !== lost && data[at] === dot) at = afterDigits(data, at + 1)
  if (at === lost || ((data[at] ?? 0) | 0x20) !== 0x65) return at
  const sign = data[at + 1]
  return afterDigits(data, sign === minus || sign === 0x2b ? at + 2 : at + 1)
}

/** Behind at least one digit. */
function afterDigits(data: Buffer, start: number): number {
  let at = start
  for (; at < data.length; at++) {
    const byte = data[at] ?? 0
    if (byte < zero || byte > 0x39) break
  }
  return at === start ? lost : at
}

/** Behind a value of any kind. Does not recurse. */
export function afterValue(data: Buffer, start: number): number {
  let shape = outermost
  let at = start
  for (;;) {
    let byte = data[at] ?? 0
    if (byte <= blank) byte = data[(at = afterBlanks(data, at))] ?? 0
    if (byte === quote) at = afterString(data, at)
    else if (byte === openBrace || byte === openBracket) {
      const isObject = byte === openBrace
      byte = data[++at] ?? 0
      if (byte <= blank) byte = data[(at = afterBlanks(data, at))] ?? 0
      if (byte !== (isObject ? closeBrace : closeBracket)) {
        if (shape >= deepest) return lost
        shape = (shape << 1) | (isObject ? 1 : 0)
        if (isObject && (at = afterName(data, at)) === lost) return lost
        continue
      }
      at++
    } else at = afterScalar(data, at)
    // A value has ended, and perhaps some of those that hold it.
    for (;;) {
      if (at === lost || shape === outermost) return at
      byte = data[at] ?? 0
      if (byte <= blank) byte = data[(at = afterBlanks(data, at))] ?? 0
      at++
      if (byte === comma) {
        if ((shape & 1) === 1 && (at = afterName(data, at)) === lost) return lost
        break
      }
      if (byte !== ((shape & 1) === 1 ? closeBrace : closeBracket)) return lost
      shape >>= 1
    }
  }
}

/** Behind a name and its colon. */
function afterName(data: Buffer, start: number): number {
  let at = start
  if (data[at] !== quote) {
    at = afterBlanks(data, at)
    if (data[at] !== quote) return lost
  }
  at = afterString(data, at)
  return at === lost ? lost : afterColon(data, at)
}
