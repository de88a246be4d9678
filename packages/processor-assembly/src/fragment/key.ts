import { hash } from 'node:crypto'

/**
 * Keys are texts, and most are ids in hex. Inside of the assembler a key of the form `<trace id>/<span id>` is
 * written as these 24 bytes with two marks between, one character each, which is the stretch that nearly every
 * encoder writes; it is read with one call and takes half of the memory.
 */
const between = '\u0012\u0008'
const idsLength = 26
const idsPattern = /^[0-9a-f]{32}\/[0-9a-f]{16}$/

/** Longer keys are replaced by their hash, because an index must not keep whatever a sender likes to write. */
const longestName = 256

/** The form of a key that the assembler indexes; '' for ''. */
export function canonicalKey(text: string): string {
  if (text === '') return ''
  if (text.length === 49 && idsPattern.test(text)) return keyOfHex(text.slice(0, 32), text.slice(33))
  if (text.length > longestName) return `h${hash('sha256', text)}`
  // No other key may have the length of ids, or it could spell the same characters.
  return text.length === idsLength - 1 ? `l:${text}` : `k${text}`
}

/** The key of a span with these ids, in lower-case hex. */
export function keyOfHex(traceId: string, spanId: string): string {
  return (
    Buffer.from(traceId, 'hex').toString('latin1') + between + Buffer.from(spanId, 'hex').toString('latin1')
  )
}

/** The key of a span whose ids stand at these positions. */
export function keyOfIds(buffer: Buffer, traceIdAt: number, spanIdAt: number): string {
  const apart = spanIdAt - traceIdAt - 16
  if (apart === 2 && buffer[spanIdAt - 2] === 0x12 && buffer[spanIdAt - 1] === 8) {
    return buffer.toString('latin1', traceIdAt, spanIdAt + 8)
  }
  return (
    buffer.toString('latin1', traceIdAt, traceIdAt + 16) +
    between +
    buffer.toString('latin1', spanIdAt, spanIdAt + 8)
  )
}
