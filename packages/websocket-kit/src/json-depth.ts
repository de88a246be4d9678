/**
 * Whether no more than `limit` objects and arrays are open at once in a JSON text. Only brackets outside of strings
 * count; whether the text is JSON at all is for the parser to say.
 */
export function isWithinDepth(text: string, limit: number): boolean {
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    const character = text.charCodeAt(at)
    if (character === quote) {
      at = endOfString(text, at + 1)
    } else if (character === openBrace || character === openBracket) {
      depth++
      if (depth > limit) return false
    } else if (character === closeBrace || character === closeBracket) {
      depth--
    }
  }
  return true
}

/** Position of the closing quote. */
function endOfString(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    const character = text.charCodeAt(at)
    if (character === backslash) at++
    else if (character === quote) return at
  }
  return text.length
}

const quote = 0x22
const backslash = 0x5c
const openBrace = 0x7b
const closeBrace = 0x7d
const openBracket = 0x5b
const closeBracket = 0x5d
