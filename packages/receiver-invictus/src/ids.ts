import { hash } from 'node:crypto'

const hyphenated = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i
const bracketed = /^(?:\{[^{}()]{36}\}|\([^{}()]{36}\))$/
const unbroken = /^[\da-f]{32}$/i
const hexSpanId = /^[\da-f]{16}$/i
const zeroTraceId = '0'.repeat(32)
const zeroGuid = hyphenate(zeroTraceId)
const zeroSpanId = '0'.repeat(16)

/** Lower-case hex SHA-256 of the text's UTF-8 bytes. */
export function sha256(text: string): string {
  return hash('sha256', text, 'hex')
}

/**
 * A GUID in lower case with hyphens, `undefined` for any other text (`invictus.md` chapter 5). It may be written with
 * hyphens, with hyphens in braces or parentheses, or as 32 digits; they count in the order they are written.
 */
export function parseGuid(text: string): string | undefined {
  switch (text.length) {
    case 36:
      return hyphenated.test(text) ? text.toLowerCase() : undefined
    case 38:
      return bracketed.test(text) ? parseGuid(text.slice(1, -1)) : undefined
    case 32:
      return unbroken.test(text) ? hyphenate(text.toLowerCase()) : undefined
    default:
      return undefined
  }
}

/** Whether somebody forgot to set the id: a GUID of zeros glues unrelated transactions together. */
export function isZeroGuid(text: string): boolean {
  return parseGuid(text) === zeroGuid
}

/** Trace id of a chain: the GUID's own digits, or else a digest of the text as it is. */
export function traceIdOf(chainId: string): string {
  const guid = parseGuid(chainId)
  return guid === undefined || guid === zeroGuid
    ? nonZero(sha256(chainId), zeroTraceId)
    : withoutHyphens(guid)
}

/**
 * Span id of a step in the trace of its chain. 16 hex digits stand for themselves, so that ids that our own exporter
 * wrote come back unchanged.
 */
export function spanIdOf(traceId: string, stepId: string): string {
  if (stepId.length === 16 && hexSpanId.test(stepId)) {
    const id = stepId.toLowerCase()
    if (id !== zeroSpanId) return id
  }
  return nonZero(sha256(`${traceId}/${stepKey(stepId)}`), zeroSpanId)
}

/** What two spellings of one step id have in common. */
function stepKey(stepId: string): string {
  return parseGuid(stepId) ?? stepId
}

function withoutHyphens(guid: string): string {
  return guid.slice(0, 8) + guid.slice(9, 13) + guid.slice(14, 18) + guid.slice(19, 23) + guid.slice(24)
}

function hyphenate(digits: string): string {
  const parts = [
    digits.slice(0, 8),
    digits.slice(8, 12),
    digits.slice(12, 16),
    digits.slice(16, 20),
    digits.slice(20),
  ]
  return parts.join('-')
}

/** The first digits of a digest as many as an id has, or the next ones if they are all zero. */
function nonZero(digest: string, zeros: string): string {
  const id = digest.slice(0, zeros.length)
  return id === zeros ? digest.slice(zeros.length, 2 * zeros.length) : id
}
