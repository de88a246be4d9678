import type { Span } from '@spanloom/core'

/** A span with the spans beneath it, as far as they are there. */
export interface SpanNode {
  readonly span: Span
  readonly time: bigint
  /** By time. */
  readonly children: readonly SpanNode[]
}

/** The spans of one trace that are there. */
export interface TraceTree {
  readonly traceId: string
  readonly spanCount: number
  /** Spans without a parent, or whose parent is not there, by time. */
  readonly roots: readonly SpanNode[]
}

interface GrowingNode extends SpanNode {
  readonly children: GrowingNode[]
  /** A node further up, the uppermost as far as that is known; absent at the top. */
  above?: GrowingNode
}

/** Puts spans beneath their parents, trace by trace, by time. Every span is in it once, whatever parents they name. */
export function toTrees(spans: Iterable<Span>): readonly TraceTree[] {
  const traces = new Map<string, GrowingNode[]>()
  for (const span of spans) {
    const { traceId } = span
    const node = { span, time: timeOf(span), children: [] }
    const nodes = traces.get(traceId)
    if (nodes === undefined) traces.set(traceId, [node])
    else nodes.push(node)
  }
  const trees = [...traces].map(([traceId, nodes]) => toTree(traceId, nodes.toSorted(byTime)))
  return trees.toSorted((a, b) => compare(a.roots[0]?.time ?? 0n, b.roots[0]?.time ?? 0n))
}

/** When a span began, or when a fragment that tells no start happened. */
function timeOf(span: Span): bigint {
  const { startTimeUnixNano: start, endTimeUnixNano: end } = span
  return start === 0n ? (end === 0n ? (span.events[0]?.timeUnixNano ?? 0n) : end) : start
}

function toTree(traceId: string, nodes: readonly GrowingNode[]): TraceTree {
  const byId = new Map<string, GrowingNode>()
  for (const node of nodes) if (!byId.has(node.span.spanId)) byId.set(node.span.spanId, node)
  const roots: GrowingNode[] = []
  for (const node of nodes) {
    const parent = byId.get(node.span.parentSpanId)
    // Spans from outside may name each other in a circle; its first one becomes a root.
    if (parent === undefined || topOf(parent) === node) {
      roots.push(node)
    } else {
      node.above = parent
      parent.children.push(node)
    }
  }
  return { traceId, spanCount: nodes.length, roots }
}

/** The uppermost node, found in few steps even at the end of a long chain, because every search shortens the way. */
function topOf(node: GrowingNode): GrowingNode {
  let at = node
  while (at.above !== undefined) {
    if (at.above.above !== undefined) at.above = at.above.above
    at = at.above
  }
  return at
}

function byTime(a: SpanNode, b: SpanNode): number {
  return compare(a.time, b.time)
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0
}
