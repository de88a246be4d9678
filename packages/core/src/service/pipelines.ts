import type { CollectorConfig } from '../config/collector-config.ts'
import { toGraph, type Graph, type GraphNode } from '../pipeline/graph.ts'
import { Port } from '../pipeline/port.ts'
import type { PipelineMember } from './member.ts'

/** The pipeline components of one configuration and how they are wired. */
export interface Pipelines {
  readonly graph: Graph
  readonly members: ReadonlyMap<string, PipelineMember>
  readonly ports: ReadonlyMap<string, Port>
}

/** Which instances a configuration needs. */
export function graphOf(config: CollectorConfig): Graph {
  return toGraph(config.service.pipelines.values(), config.connectors)
}

/** A port for every node that takes data; the ones that are there already stay. */
export function portsOf(
  graph: Graph,
  known: ReadonlyMap<string, Port> = new Map(),
): ReadonlyMap<string, Port> {
  const taking = graph.startOrder.filter(({ kind }) => kind !== 'receiver')
  return new Map(taking.map(({ key }) => [key, known.get(key) ?? new Port()]))
}

/** Lets the data of one instance go where the graph says. */
export function connect(
  { instance }: PipelineMember,
  node: GraphNode,
  ports: ReadonlyMap<string, Port>,
): void {
  instance.next.connect(
    node.next.map((key) => {
      const port = ports.get(key)
      if (port === undefined) throw new Error(`The graph has no way into ${key}.`)
      return port
    }),
  )
}
