import { hash } from 'node:crypto'

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

/** A span id that is a function of its source, so that the same events give the same spans again. */
export function spanIdOf(source: string): string {
  const digest = hash('sha256', source, 'hex')
  const first = digest.slice(0, 16)
  return zeros.test(first) ? digest.slice(16, 32) : first
}
