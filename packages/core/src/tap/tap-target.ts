import { SpanloomError } from '../errors/errors.ts'
import type { Graph, GraphNode } from '../pipeline/graph.ts'
import { closest } from '../schema/closest.ts'
import type { BoundarySide } from './boundary.ts'

/** What to watch. */
export interface TapTarget {
  /** A component as its section and id: `receivers/otlp`, `processors/batch`, `exporters/otlp_http/backend`. */
  readonly at: string
  /** Default: what the component hands on; for an exporter, what it takes. */
  readonly side?: BoundarySide
  /** Only this pipeline. Default: all that the component belongs to. */
  readonly pipeline?: string
}

/** A component whose boundaries can be watched. */
export interface BoundaryView {
  /** As in `TapTarget.at`. */
  readonly at: string
  readonly sides: readonly BoundarySide[]
  readonly pipelines: readonly string[]
}

/** A boundary by the key of its node. */
export interface BoundaryName {
  readonly key: string
  readonly side: BoundarySide
}

const sections = {
  receiver: 'receivers',
  processor: 'processors',
  connector: 'connectors',
  exporter: 'exporters',
} as const satisfies Readonly<Record<GraphNode['kind'], string>>

const sidesOf = {
  receiver: ['output'],
  processor: ['input', 'output'],
  connector: ['input', 'output'],
  exporter: ['input'],
} as const satisfies Readonly<Record<GraphNode['kind'], readonly BoundarySide[]>>

/** Everything that can be watched, in the order of the data. */
export function boundariesOf({ startOrder }: Graph): readonly BoundaryView[] {
  const views = new Map<string, BoundaryView>()
  for (const node of startOrder.toReversed()) {
    const at = placeOf(node)
    const pipelines = [...new Set([...(views.get(at)?.pipelines ?? []), ...node.pipelines])]
    views.set(at, { at, sides: sidesOf[node.kind], pipelines })
  }
  return [...views.values()]
}

/**
 * The boundaries that a target means: several where a processor has an instance in each of several pipelines.
 *
 * @throws SpanloomError `BOUNDARY_UNKNOWN` saying what there is
 */
export function findBoundaries(graph: Graph, { at, side, pipeline }: TapTarget): readonly BoundaryName[] {
  const nodes = graph.startOrder.filter((node) => placeOf(node) === at)
  const [first] = nodes
  if (first === undefined) throw unknownPlace(graph, at)
  const sides: readonly BoundarySide[] = sidesOf[first.kind]
  const chosen = side ?? (first.kind === 'exporter' ? 'input' : 'output')
  if (!sides.includes(chosen)) throw unknown(`${at} has no ${chosen}`, `Watch its ${sides.join(' or ')}.`)
  if (pipeline === undefined) return nodes.map(({ key }) => ({ key, side: chosen }))
  const there = nodes.filter(({ pipelines }) => pipelines.includes(pipeline))
  if (there.length === 0) {
    const pipelines = [...new Set(nodes.flatMap((node) => node.pipelines))]
    throw unknown(`${at} is not part of the pipeline ${pipeline}`, `It is part of ${pipelines.join(', ')}.`)
  }
  // One instance takes the data of all its pipelines, so that those of one are told apart before it.
  if (chosen === 'input' && first.kind !== 'processor') return beforeOf(graph, first, pipeline)
  return there.map(({ key }) => ({ key, side: chosen }))
}

/** What hands data to a node within one pipeline. */
function beforeOf({ startOrder }: Graph, node: GraphNode, pipeline: string): readonly BoundaryName[] {
  const before = startOrder.filter(
    ({ key, next, pipelines }) => key !== node.key && next.includes(node.key) && pipelines.includes(pipeline),
  )
  const steps = before.filter(({ kind }) => kind === 'processor')
  // A receiver may lead to the node in another pipeline only.
  return (steps.length > 0 ? steps : before).map(({ key }) => ({ key, side: 'output' }))
}

function placeOf({ kind, id }: GraphNode): string {
  return `${sections[kind]}/${id}`
}

function unknownPlace(graph: Graph, at: string): SpanloomError {
  const places = boundariesOf(graph).map((view) => view.at)
  const meant = closest(at, places)
  return unknown(
    `no running pipeline has ${JSON.stringify(at)}`,
    meant === undefined ? `There is ${places.join(', ')}.` : `Did you mean ${meant}?`,
  )
}

const unknown = (message: string, hint: string): SpanloomError =>
  new SpanloomError('BOUNDARY_UNKNOWN', message, { hint })
