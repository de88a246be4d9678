import { hash, randomBytes } from 'node:crypto'

import { hexFormOf } from './hex.ts'

/** By which rule a trace id was found (`websocket.md` section 3); `traceparent` where a valid one was given. */
export type Derivation = 'generated' | 'identity' | 'uuid' | 'padded' | 'hashed' | 'traceparent'

/** A trace id of 32 lower-case hex digits, and the rule that made it. */
export interface DerivedTraceId {
  readonly traceId: string
  readonly derivation: Derivation
}

/** Makes `bytes` random bytes as lower-case hex. */
export type RandomHex = (bytes: number) => string

/** The runtime's own randomness. */
export const systemRandom: RandomHex = (bytes) => randomBytes(bytes).toString('hex')

const hyphenated = /^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$/
const zeros = /^[0-]+$/

/**
 * The 16-byte trace id of an id from outside, which may be any text. Only for spans and logs: what goes back to the
 * sender is the text itself (`websocket.md` section 3).
 */
export function deriveTraceId(verbatim: string | undefined, random: RandomHex): DerivedTraceId {
  if (verbatim === undefined || verbatim === '')
    return { traceId: randomId(16, random), derivation: 'generated' }
  return derivedFrom(verbatim)
}

/** As {@link deriveTraceId} for a text that is not empty: always the same. */
export function derivedFrom(verbatim: string): DerivedTraceId {
  const { length } = verbatim
  if (length >= 16 && length <= 32) {
    const form = hexFormOf(verbatim)
    if (form === 'lower' || form === 'mixed') {
      const digits = form === 'lower' ? verbatim : verbatim.toLowerCase()
      return length === 32
        ? { traceId: digits, derivation: 'identity' }
        : { traceId: digits.padStart(32, '0'), derivation: 'padded' }
    }
  } else if (length === 36 && hyphenated.test(verbatim) && !zeros.test(verbatim)) {
    return { traceId: verbatim.replaceAll('-', '').toLowerCase(), derivation: 'uuid' }
  }
  const digest = hash('sha256', verbatim, 'hex')
  const first = digest.slice(0, 32)
  return { traceId: zeros.test(first) ? digest.slice(32) : first, derivation: 'hashed' }
}

/** A random id that is not all zero. */
export function randomId(bytes: 8 | 16, random: RandomHex): string {
  for (;;) {
    const id = random(bytes)
    if (!zeros.test(id)) return id
  }
}
