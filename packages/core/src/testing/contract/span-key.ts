import type { Span } from '../../traces/span.ts'
import type { Traces } from '../../traces/traces.ts'

/** Text that is equal for spans of equal bytes from equal resources and scopes. */
export function spanKey(span: Span): string {
  return [span.bytes, span.resource.bytes, span.scope.bytes]
    .map((bytes) => Buffer.from(bytes).toString('base64'))
    .join(' ')
}

/** All spans, in order. */
export function spansOf(batches: readonly Traces[]): readonly Span[] {
  return Array.from(batches, (batch) => Array.from(batch.spans())).flat()
}

/** Keys of all spans, in order. */
export function spanKeys(batches: readonly Traces[]): readonly string[] {
  return spansOf(batches).map(spanKey)
}

/** How often each key occurs. */
export function tally(keys: Iterable<string>): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1)
  return counts
}

/** Whether two lists hold the same keys equally often, in any order. */
export function sameKeys(one: Iterable<string>, other: Iterable<string>): boolean {
  const [left, right] = [tally(one), tally(other)]
  return left.size === right.size && [...left].every(([key, count]) => right.get(key) === count)
}

/** A copy of the bytes of a batch, to be compared with what they are later. */
export function bytesOf(traces: Traces): Buffer {
  return Buffer.concat(traces.chunks)
}
