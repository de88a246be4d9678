import { type Span, Traces } from '@spanloom/core'

import { pathSegment } from './path-segment.ts'

/** Splits a batch by the path segment that a resource attribute gives. */
export function bySegment(traces: Traces, attribute: string): ReadonlyMap<string, Traces> {
  const spans = new Map<string, Span[]>()
  for (const span of traces.spans()) {
    const segment = pathSegment(span.resource.attribute(attribute))
    const group = spans.get(segment)
    if (group === undefined) spans.set(segment, [span])
    else group.push(span)
  }
  return new Map([...spans].map(([segment, group]) => [segment, Traces.of(group)]))
}
