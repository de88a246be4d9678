import type { Derivation } from './trace-id.ts'

const hexDigits = /^[0-9a-fA-F]{8,16}$/
const zeros = /^0+$/

/**
 * The parent that a received span id names, in 16 lower-case hex digits. There is none where the trace id was made
 * up or hashed, because the parent would lie in a trace that exists nowhere (`websocket.md` section 3).
 */
export function parentSpanIdOf(verbatim: string | undefined, derivation: Derivation): string | undefined {
  if (verbatim === undefined || derivation === 'hashed' || derivation === 'generated') return undefined
  if (!hexDigits.test(verbatim) || zeros.test(verbatim)) return undefined
  return verbatim.toLowerCase().padStart(16, '0')
}

/**
 * A span id that is a function of its source, so that the same events give the same spans again. Two mixing hashes of
 * 32 bits: ids have to differ, nobody needs to be kept from finding equal ones, and one is made for every command.
 */
export function spanIdOf(source: string, more: string = '', time: number = 0, count: number = 0): string {
  let high = 0xdead_beef ^ count
  let low = 0x41c6_ce57 ^ source.length
  for (let at = 0; at < source.length; at++) {
    const code = source.charCodeAt(at)
    high = Math.imul(high ^ code, 0x9e37_79b1)
    low = Math.imul(low ^ code, 0x5f35_6495)
  }
  for (let at = 0; at < more.length; at++) {
    const code = more.charCodeAt(at)
    high = Math.imul(high ^ code, 0x9e37_79b1)
    low = Math.imul(low ^ code, 0x5f35_6495)
  }
  const micros = Math.round(time * 1000)
  high = mixed(high ^ (micros % 2 ** 32), low)
  low = mixed(low ^ Math.floor(micros / 2 ** 32), high)
  const id = hexOf(high) + hexOf(low)
  return id === '0000000000000000' ? '0000000000000001' : id
}

function mixed(value: number, other: number): number {
  let word = Math.imul(value ^ (value >>> 16), 0x85eb_ca6b)
  word ^= Math.imul(other ^ (other >>> 13), 0xc2b2_ae35)
  return Math.imul(word ^ (word >>> 16), 0x27d4_eb2f)
}

const bytesInHex: readonly string[] = Array.from({ length: 256 }, (_, byte) =>
  byte.toString(16).padStart(2, '0'),
)

function hexOf(word: number): string {
  return `${bytesInHex[word >>> 24]}${bytesInHex[(word >>> 16) & 0xff]}${bytesInHex[(word >>> 8) & 0xff]}${bytesInHex[word & 0xff]}`
}
