import type { Span } from '@spanloom/core/traces'

import type { CollectingBackend } from './collecting-backend.ts'
import type { Expected } from './work.ts'

/** What arrived, held against what was acknowledged. */
export interface Verdict {
  readonly expected: number
  /** Spans that never arrived. */
  readonly lost: readonly string[]
  /** Spans that nobody sent: halves, second versions under another id, late ones. */
  readonly extra: readonly string[]
  /** Spans with wrong times, without a mark of a fragment, or that came again with other content. */
  readonly wrong: readonly string[]
}

export function judge(expected: readonly Expected[], backend: CollectingBackend): Verdict {
  const bySpan = new Map<string, Span>()
  for (const { span } of backend.arrivals.values()) {
    bySpan.set(span.spanId, span)
    if (span.name.startsWith('step ')) bySpan.set(span.name, span)
  }
  const lost: string[] = []
  const wrong: string[] = backend.changed.map((id) => `${id} came again with other content`)
  const found = new Set<Span>()
  for (const one of expected) {
    const span = bySpan.get(one.identity)
    if (span === undefined) lost.push(one.name)
    else {
      found.add(span)
      wrong.push(...faultsOf(span, one))
    }
  }
  const extra = Array.from(backend.arrivals.values(), ({ span }) => span).filter((span) => !found.has(span))
  return { expected: expected.length, lost, extra: extra.map((span) => described(span)), wrong }
}

function faultsOf(span: Span, { name, start, end, marks, fragments }: Expected): readonly string[] {
  const { attributes } = span
  const faults: string[] = []
  if (span.name !== name && !span.name.startsWith('step ')) faults.push(`is called ${span.name}`)
  if (span.startTimeUnixNano !== start) faults.push(`begins at ${span.startTimeUnixNano}, not ${start}`)
  if (span.endTimeUnixNano !== end) faults.push(`ends at ${span.endTimeUnixNano}, not ${end}`)
  for (const mark of marks) if (!(mark in attributes)) faults.push(`lacks ${mark}`)
  const counted = Number(attributes['spanloom.fragments'] ?? 1)
  if (counted !== fragments) faults.push(`has ${counted} fragments, not ${fragments}`)
  return faults.map((fault) => `${name} ${fault}`)
}

function described({ name, spanId, attributes }: Span): string {
  return `${name} ${spanId} ${JSON.stringify(attributes, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value))}`
}
