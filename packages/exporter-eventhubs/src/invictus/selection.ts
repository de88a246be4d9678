import type { Span, Traces } from '@spanloom/core'

import type { FlowSettings } from './flow-settings.ts'
import { parentIdOf } from './parent-id.ts'
import { stepIdOf } from './span-events.ts'

/** A span that is told, and what to write as the id of its parent. */
export interface SelectedSpan {
  readonly span: Span
  readonly parentId: string | undefined
}

/**
 * The spans that are told. A span whose parent is left out becomes the child of the nearest ancestor that is told or
 * is not in the batch (`invictus.md` section 9.3).
 */
export function selectSpans(traces: Traces, select: FlowSettings['select']): readonly SelectedSpan[] {
  if (select === 'all') {
    return [...traces.spans()].map((span) => ({ span, parentId: parentIdOf(span, span.attributes) }))
  }
  const isTold = select === 'marked' ? isMarked : isRoot
  const told: Span[] = []
  const leftOut = new Map<string, Span>()
  const toldById = new Map<string, Span>()
  for (const span of traces.spans()) {
    if (isTold(span)) {
      told.push(span)
      toldById.set(keyOf(span.traceId, span.spanId), span)
    } else leftOut.set(keyOf(span.traceId, span.spanId), span)
  }
  return told.map((span) => ({ span, parentId: ancestorOf(span, leftOut, toldById) }))
}

function isMarked(span: Span): boolean {
  return Object.keys(span.attributes).some((name) => name.startsWith('invictus.'))
}

function isRoot({ parentSpanId, kind }: Span): boolean {
  return parentSpanId === '' || kind === 'SERVER' || kind === 'CONSUMER'
}

function ancestorOf(
  span: Span,
  leftOut: ReadonlyMap<string, Span>,
  told: ReadonlyMap<string, Span>,
): string | undefined {
  let child = span
  // A cycle among spans that are left out has no ancestor that is told.
  for (let steps = 0; steps <= leftOut.size; steps++) {
    const parent = leftOut.get(keyOf(child.traceId, child.parentSpanId))
    if (parent === undefined) {
      const found = child === span ? undefined : told.get(keyOf(child.traceId, child.parentSpanId))
      return found === undefined ? parentIdOf(child, child.attributes) : stepIdOf(found, found.attributes)
    }
    child = parent
  }
  return undefined
}

const keyOf = (traceId: string, spanId: string): string => `${traceId}/${spanId}`
