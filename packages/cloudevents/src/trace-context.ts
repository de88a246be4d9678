/** Where a trace was: what a `traceparent` and its `tracestate` say (W3C Trace Context, level 2). */
export interface TraceContext {
  /** 32 lower-case hex digits, not all 0. */
  readonly traceId: string
  /** 16 lower-case hex digits, not all 0. */
  readonly spanId: string
  /** Bit 0 is sampled, bit 1 random; all others are 0. */
  readonly flags: number
  /** Well-formed trace state, '' when there is none. */
  readonly traceState: string
}

const sampledBit = 1
const knownBits = 3
const form = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-[^]*)?$/

/**
 * Reads a `traceparent` strictly (`cloudevents.md` R-TP-1 to R-TP-6).
 *
 * Only blanks and tabs around it are overlooked. Of a version above 00 what follows the flags is ignored.
 *
 * @returns undefined for anything that is not valid, such as a text that is no string
 */
export function parseTraceparent(value: unknown): Omit<TraceContext, 'traceState'> | undefined {
  if (typeof value !== 'string') return undefined
  const parts = form.exec(trimBlanks(value))
  if (parts === null) return undefined
  const [, version, traceId = '', spanId = '', flags = '', suffix] = parts
  if (version === 'ff' || (version === '00' && suffix !== undefined)) return undefined
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined
  const mask = version === '00' ? knownBits : sampledBit
  return { traceId, spanId, flags: Number.parseInt(flags, 16) & mask }
}

/**
 * Reads a context. An invalid `traceparent` makes its `tracestate` meaningless; an invalid `tracestate` is dropped
 * alone.
 *
 * @param maxTraceStateLength see {@link parseTracestate}
 */
export function parseTraceContext(
  traceparent: unknown,
  tracestate: unknown,
  maxTraceStateLength: number = defaultTraceStateLength,
): TraceContext | undefined {
  const context = parseTraceparent(traceparent)
  if (context === undefined) return undefined
  return { ...context, traceState: parseTracestate(tracestate, maxTraceStateLength) }
}

/**
 * Writes a `traceparent` of version 00.
 *
 * @param withRandom also says the random bit; without it only the sampled bit, which every parser knows (section 4)
 */
export function formatTraceparent(
  { traceId, spanId, flags }: Omit<TraceContext, 'traceState'>,
  withRandom: boolean = false,
): string {
  return `00-${traceId}-${spanId}-0${flags & (withRandom ? knownBits : sampledBit)}`
}

/** Characters of a trace state that a link carries at most. */
export const defaultTraceStateLength = 512

const maxMembers = 32
const largeMember = 128
const memberForm =
  /^([a-z0-9][a-z0-9_\-*/@]{0,255})=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/

/**
 * Reads a `tracestate`: members in order, the first of equal keys.
 *
 * One member that is not well-formed, or more than 32, and nothing of it counts. Of a longer one than `maxLength`
 * members of more than 128 characters leave first, then those at the right.
 *
 * @returns the trace state as it is to be stored, '' for none
 */
export function parseTracestate(value: unknown, maxLength: number = defaultTraceStateLength): string {
  if (typeof value !== 'string' || value === '') return ''
  const members: string[] = []
  const keys = new Set<string>()
  let count = 0
  for (const part of value.split(',')) {
    // Blanks before a key go, those after a value too; a value may begin with blanks.
    const member = trimBlanks(part)
    if (member === '') continue
    const key = memberForm.exec(member)?.[1]
    if (key === undefined || ++count > maxMembers) return ''
    if (keys.has(key)) continue
    keys.add(key)
    members.push(member)
  }
  return shortened(members, maxLength)
}

function shortened(members: readonly string[], maxLength: number): string {
  const text = members.join(',')
  if (text.length <= maxLength) return text
  const last = members.findLastIndex(({ length }) => length > largeMember)
  return shortened(members.toSpliced(last, 1), maxLength)
}

/** Without blanks and tabs at both ends: no other white space is optional here. */
function trimBlanks(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && isBlank(text.charCodeAt(start))) start++
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--
  return start === 0 && end === text.length ? text : text.slice(start, end)
}

const isBlank = (code: number): boolean => code === 0x20 || code === 0x09
