import { createHash } from 'node:crypto'

/** By which rule a trace id was made of the received one (`websocket.md` section 3). */
export type TraceIdDerivation = 'generated' | 'identity' | 'uuid' | 'padded' | 'hashed'

/** A W3C trace id and the rule that gave it. */
export interface DerivedTraceId {
  /** 32 lower-case hex digits, not all zero. */
  readonly traceId: string
  readonly derivation: TraceIdDerivation
}

/** Fills `size` bytes; all randomness of the kit comes through it. */
export type RandomBytes = (size: number) => Uint8Array

const hyphened = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
const paddable = /^[0-9a-f]{16,31}$/i
const whole = /^[0-9a-f]{32}$/i
const spanIdForm = /^[0-9a-f]{8,16}$/i
const printable = /^[\x20-\x7e]{1,1024}$/

/**
 * The 16-byte trace id for a received one, which may be any text. The received text itself is what goes back to its
 * sender; this one is for OpenTelemetry (`websocket.md` section 3, first rule that fits).
 */
export function deriveTraceId(received: string | undefined, randomBytes: RandomBytes): DerivedTraceId {
  if (received === undefined || received === '')
    return { traceId: randomId(16, randomBytes), derivation: 'generated' }
  if (whole.test(received) && !isZero(received))
    return { traceId: received.toLowerCase(), derivation: 'identity' }
  if (hyphened.test(received)) {
    const traceId = received.replaceAll('-', '').toLowerCase()
    if (!isZero(traceId)) return { traceId, derivation: 'uuid' }
  }
  if (paddable.test(received) && !isZero(received)) {
    return { traceId: received.toLowerCase().padStart(32, '0'), derivation: 'padded' }
  }
  const digest = createHash('sha256').update(received, 'utf8').digest('hex')
  const first = digest.slice(0, 32)
  return { traceId: isZero(first) ? digest.slice(32) : first, derivation: 'hashed' }
}

/**
 * The received span id as parent, when it is one: 16 hex digits, or 8 to 15 with zeros put in front. There is no
 * parent in a trace id that was hashed or generated, because that trace exists nowhere else.
 */
export function deriveParentSpanId(
  received: string | undefined,
  derivation: TraceIdDerivation,
): string | undefined {
  if (received === undefined || derivation === 'hashed' || derivation === 'generated') return undefined
  if (!spanIdForm.test(received) || isZero(received)) return undefined
  return received.toLowerCase().padStart(16, '0')
}

/**
 * The received id as it may stand in an HTTP header: unchanged, without blanks at its ends (HTTP strips them).
 * `undefined` when it cannot travel at all: control characters (header injection), other characters than printable
 * ASCII, more than 1024 of them.
 */
export function headerValue(received: string | undefined): string | undefined {
  if (received === undefined || !printable.test(received)) return undefined
  const trimmed = received.trim()
  return trimmed === '' ? undefined : trimmed
}

/** Whether the received id comes back in an HTTP header byte for byte. */
export function isRepresentable(received: string): boolean {
  return headerValue(received) === received
}

/** Lower-case hex of `size` random bytes that are not all zero. */
export function randomId(size: number, randomBytes: RandomBytes): string {
  for (;;) {
    const id = Buffer.from(randomBytes(size)).toString('hex')
    if (!isZero(id)) return id
  }
}

const isZero = (digits: string): boolean => /^0+$/.test(digits)
