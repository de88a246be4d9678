import type { SentSpan } from '../outcome.ts'
import { textOf } from '../span-fields.ts'

/** So many spans are compared with all others; of more, those at the same place belong together. */
const mostCompared = 60

/** For each span the one of another trial that stands for the same thing; `undefined` where there is none. */
export function aligned(
  spans: readonly SentSpan[],
  others: readonly SentSpan[],
): readonly (SentSpan | undefined)[] {
  const groups = Map.groupBy(others, groupOf)
  const result = new Map<SentSpan, SentSpan>()
  for (const [group, own] of Map.groupBy(spans, groupOf)) {
    pair(own, groups.get(group) ?? [], result)
  }
  return spans.map((span) => result.get(span))
}

const groupOf = ({ exporters, isWaiting }: SentSpan): string => `${exporters.join(',')} ${isWaiting}`

function pair(
  spans: readonly SentSpan[],
  others: readonly SentSpan[],
  result: Map<SentSpan, SentSpan>,
): void {
  if (spans.length > mostCompared || others.length > mostCompared) {
    for (const [index, span] of spans.entries()) {
      const other = others[index]
      if (other !== undefined) result.set(span, other)
    }
    return
  }
  const pairs = spans.flatMap((span, index) =>
    others.map((other, place) => ({
      span,
      other,
      score: likeness(span, other) - Math.abs(index - place) / 1_000,
    })),
  )
  const taken = new Set<SentSpan>()
  for (const { span, other } of pairs.toSorted((a, b) => b.score - a.score)) {
    if (result.has(span) || taken.has(other)) continue
    result.set(span, other)
    taken.add(other)
  }
}

function likeness({ fields }: SentSpan, { fields: others }: SentSpan): number {
  let equal = 0
  for (const [name, value] of fields) if (textOf(others.get(name)) === textOf(value)) equal++
  return equal
}
