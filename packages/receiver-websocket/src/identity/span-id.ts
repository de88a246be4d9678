import { hexFormOf } from './hex.ts'
import type { Derivation } from './trace-id.ts'

/**
 * The parent that a received span id names, in 16 lower-case hex digits. There is none where the trace id was made
 * up or hashed, because the parent would lie in a trace that exists nowhere (`websocket.md` section 3).
 */
export function parentSpanIdOf(verbatim: string | undefined, derivation: Derivation): string | undefined {
  if (verbatim === undefined || derivation === 'hashed' || derivation === 'generated') return undefined
  const { length } = verbatim
  if (length < 8 || length > 16) return undefined
  const form = hexFormOf(verbatim)
  if (form === 'none' || form === 'zero') return undefined
  const lower = form === 'lower' ? verbatim : verbatim.toLowerCase()
  return length === 16 ? lower : lower.padStart(16, '0')
}

/** The 8 bytes of a span id, which become text only where somebody reads it. */
export class SpanId {
  /** The first four bytes, as a signed number. */
  readonly high: number
  /** The last four. */
  readonly low: number

  private constructor(high: number, low: number) {
    this.high = high
    this.low = low
  }

  /**
   * An id that is a function of its source, so that the same events give the same spans again. Two mixing hashes of
   * 32 bits: ids have to differ, nobody needs to be kept from finding equal ones, and one is made for every command.
   */
  static of(source: string, more: string = '', time: number = 0, count: number = 0): SpanId {
    let high = 0xdead_beef ^ count
    let low = 0x41c6_ce57 ^ source.length
    for (let at = 0; at < source.length; at += 2) {
      const codes = pairAt(source, at)
      high = stirred(high, codes, 0x9e37_79b1)
      low = stirred(low, codes, 0x5f35_6495)
    }
    for (let at = 0; at < more.length; at += 2) {
      const codes = pairAt(more, at)
      high = stirred(high, codes, 0x9e37_79b1)
      low = stirred(low, codes, 0x5f35_6495)
    }
    const micros = Math.round(time * 1000)
    high = mixed(high ^ micros, low)
    low = mixed(low ^ Math.floor(micros / 2 ** 32), high)
    return new SpanId(high, high === 0 && low === 0 ? 1 : low)
  }

  /** 16 lower-case hex digits. */
  get text(): string {
    return hexOf(this.high) + hexOf(this.low)
  }
}

/** Two characters in one number. */
const pairAt = (text: string, at: number): number =>
  at + 1 < text.length ? text.charCodeAt(at) | (text.charCodeAt(at + 1) << 16) : text.charCodeAt(at)

/** Multiplying carries what is known to the left only, so some of it is brought back. */
function stirred(word: number, codes: number, factor: number): number {
  const product = Math.imul(word ^ codes, factor)
  return product ^ (product >>> 15)
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
