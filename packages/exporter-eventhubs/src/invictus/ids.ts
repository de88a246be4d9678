import { hash } from 'node:crypto'

import type { Status } from './flow-event.ts'

/**
 * Id of the event number `index` of a span: a GUID that is a function of the span, so that a retry repeats it
 * (`invictus.md` section 9.2).
 */
export function eventId(traceId: string, spanId: string, status: Status, index: number): string {
  const digits = hash('sha256', `${traceId}/${spanId}/${status}/${index}`, 'hex')
  const variant = (8 + (Number.parseInt(digits.charAt(16), 16) % 4)).toString(16)
  return hyphenated(`${digits.slice(0, 12)}8${digits.slice(13, 16)}${variant}${digits.slice(17, 32)}`)
}

/** 32 digits as a GUID. */
export function hyphenated(digits: string): string {
  return [
    digits.slice(0, 8),
    digits.slice(8, 12),
    digits.slice(12, 16),
    digits.slice(16, 20),
    digits.slice(20),
  ].join('-')
}

const hyphenatedGuid = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i
const zeroSpanId = '0'.repeat(16)

/** Span id that the receiver gives to a step of a trace (`invictus.md` chapter 5). */
export function stepSpanId(traceId: string, stepId: string): string {
  if (/^[\da-f]{16}$/i.test(stepId) && stepId !== zeroSpanId) return stepId.toLowerCase()
  const digest = hash('sha256', `${traceId}/${guidOf(stepId) ?? stepId}`, 'hex')
  const id = digest.slice(0, 16)
  return id === zeroSpanId ? digest.slice(16, 32) : id
}

/** Any spelling of a GUID in lower case with hyphens. */
function guidOf(text: string): string | undefined {
  if (/^[\da-f]{32}$/i.test(text)) return hyphenated(text.toLowerCase())
  const bare = /^(?:\{(.{36})\}|\((.{36})\))$/.exec(text)
  const inner = bare?.[1] ?? bare?.[2] ?? text
  return hyphenatedGuid.test(inner) ? inner.toLowerCase() : undefined
}
