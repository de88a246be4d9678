import type { Span } from '@spanloom/core/traces'

import type { Happening, Passage } from './recorder.ts'
import { type Fields, type FieldValue, fieldsOf, textOf } from './span-fields.ts'

/** What a component changed in spans that went through it. */
export interface FieldChange {
  readonly field: string
  /** Absent: it was not there before. */
  readonly before?: FieldValue
  /** Absent: it is not there any more. */
  readonly after?: FieldValue
  /** Number of spans that were changed so. */
  readonly spans: number
}

/**
 * The changes of a passage out of a component against what went into it at the same moment; `undefined` where other
 * spans came out than went in, as with an assembler.
 */
export function changesOf(
  out: Passage,
  happenings: readonly Happening[],
): readonly FieldChange[] | undefined {
  if (out.place.kind !== 'processor') return undefined
  const before = new Map<string, Fields>()
  for (const each of happenings) {
    if (each === out) break
    if (each.type !== 'passage' || each.direction !== 'in' || each.at !== out.at) continue
    if (each.place.id !== out.place.id || each.place.pipeline !== out.place.pipeline) continue
    for (const span of each.traces.spans()) before.set(keyOf(span), fieldsOf(span))
  }
  const changes = new Map<string, FieldChange>()
  for (const span of out.traces.spans()) {
    const known = before.get(keyOf(span))
    if (known === undefined) return undefined
    for (const change of differences(known, fieldsOf(span))) {
      const key = JSON.stringify(change)
      changes.set(key, { ...change, spans: (changes.get(key)?.spans ?? 0) + 1 })
    }
  }
  return [...changes.values()]
}

const keyOf = ({ traceId, spanId, startTimeUnixNano, endTimeUnixNano }: Span): string =>
  `${traceId} ${spanId} ${startTimeUnixNano} ${endTimeUnixNano}`

function* differences(before: Fields, after: Fields): Generator<Omit<FieldChange, 'spans'>> {
  for (const [field, value] of after) {
    const known = before.get(field)
    if (known === undefined) yield { field, after: value }
    else if (textOf(known) !== textOf(value)) yield { field, before: known, after: value }
  }
  for (const [field, value] of before) if (!after.has(field)) yield { field, before: value }
}
