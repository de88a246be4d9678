import { parseOtlpJson, type Span } from '@spanloom/core/traces'

import { linesOf } from './example-run.ts'

/** All spans of a file of OTLP JSON lines, as soon as there are `count` of them. */
export async function spansIn(file: string, count: number): Promise<readonly Span[]> {
  for (let lines = 1; ; lines++) {
    const spans = (await linesOf(file, lines)).flatMap((line) => Array.from(parseOtlpJson(line).spans()))
    if (spans.length >= count) return spans
  }
}

/** Names of the services that the spans are of. */
export const servicesOf = (spans: readonly Span[]): ReadonlySet<unknown> =>
  new Set(spans.map(({ resource }) => resource.attribute('service.name')))

/** Name, name of the parent and status of each span, by name. */
export function treeOf(spans: readonly Span[]): readonly (readonly string[])[] {
  const names = new Map(spans.map((span) => [span.spanId, span.name]))
  return spans
    .map((span) => [span.name, names.get(span.parentSpanId) ?? span.parentSpanId, span.status.code])
    .toSorted(([left = ''], [right = '']) => left.localeCompare(right))
}

/** Order of texts. */
export const byText = (a: string, b: string): number => a.localeCompare(b)
