import type { ComponentKind } from '../component/component.ts'

/** One pipeline of a configuration, as far as wiring is concerned. */
export interface PipelineShape {
  readonly id: string
  readonly receivers: readonly string[]
  readonly processors: readonly string[]
  readonly exporters: readonly string[]
}

/** One instance that has to exist. */
export interface GraphNode {
  /** Names the instance among all of the graph; stays the same across reloads. */
  readonly key: string
  readonly kind: Exclude<ComponentKind, 'extension'>
  readonly id: string
  /** Pipelines that the instance belongs to: exactly one for a processor. */
  readonly pipelines: readonly string[]
  /** Keys of the instances that its data goes to. */
  readonly next: readonly string[]
}

/** Which instances a configuration needs, how they are wired and in which order they start. */
export interface Graph {
  readonly nodes: ReadonlyMap<string, GraphNode>
  /**
   * Downstream first: exporters, then processors and connectors from back to front, receivers last, and
   * no receiver before everything else (RUN-02). Stopping goes the other way (SIG-01).
   */
  readonly startOrder: readonly GraphNode[]
}

interface OpenNode {
  readonly key: string
  readonly kind: GraphNode['kind']
  readonly id: string
  readonly pipelines: string[]
  readonly next: Set<string>
}

/**
 * Works out the instances: a receiver, exporter or connector id is one instance for all its pipelines, a
 * processor id one for each (CFG-10).
 *
 * @throws Error when connectors form a cycle; a checked configuration has none (CFG-07).
 */
export function toGraph(pipelines: Iterable<PipelineShape>, connectors: { has(id: string): boolean }): Graph {
  const open = new Map<string, OpenNode>()
  const nodeOf = (kind: GraphNode['kind'], id: string, pipeline: string): OpenNode => {
    const key = kind === 'processor' ? `processor:${id}@${pipeline}` : `${kind}:${id}`
    const node = open.get(key) ?? { key, kind, id, pipelines: [], next: new Set() }
    open.set(key, node)
    if (!node.pipelines.includes(pipeline)) node.pipelines.push(pipeline)
    return node
  }
  for (const { id, receivers, processors, exporters } of pipelines) {
    const sources = receivers.map((name) => nodeOf(connectors.has(name) ? 'connector' : 'receiver', name, id))
    const steps = processors.map((name) => nodeOf('processor', name, id))
    const sinks = exporters.map((name) => nodeOf(connectors.has(name) ? 'connector' : 'exporter', name, id))
    let before = sources
    for (const step of steps) {
      for (const node of before) node.next.add(step.key)
      before = [step]
    }
    for (const node of before) for (const sink of sinks) node.next.add(sink.key)
  }
  const nodes = new Map([...open.values()].map((node) => [node.key, { ...node, next: [...node.next] }]))
  return { nodes, startOrder: startOrderOf(nodes) }
}

const rank: Readonly<Record<GraphNode['kind'], number>> = {
  exporter: 0,
  processor: 1,
  connector: 1,
  receiver: 2,
}

function startOrderOf(nodes: ReadonlyMap<string, GraphNode>): readonly GraphNode[] {
  const order: GraphNode[] = []
  const done = new Set<string>()
  const visit = (node: GraphNode, path: readonly string[]): void => {
    if (done.has(node.key)) return
    if (path.includes(node.key)) throw new Error(`cycle detected: ${[...path, node.key].join(' -> ')}`)
    for (const key of node.next) {
      const next = nodes.get(key)
      if (next !== undefined) visit(next, [...path, node.key])
    }
    done.add(node.key)
    order.push(node)
  }
  for (const node of nodes.values()) visit(node, [])
  return order.toSorted((a, b) => rank[a.kind] - rank[b.kind])
}
