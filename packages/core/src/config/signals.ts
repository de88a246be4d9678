import { parseComponentId } from '../schema/component-id.ts'
import { Expanded, isRecord } from '../schema/expanded.ts'
import type { IsSkipped } from './components.ts'
import type { SectionName } from './document-schema.ts'
import { type ConfigNode, type MapNode, toPlain } from './node.ts'

const otherSignals = new Set(['metrics', 'logs', 'profiles'])

/** Whether a pipeline id is one of a signal that the reference has and we have not (CFG-08). */
export function isOtherSignal(key: string): boolean {
  const id = parseComponentId(key)
  return typeof id !== 'string' && otherSignals.has(id.type)
}

/** What `tracesOnly` leaves out. */
export interface Skipped {
  readonly pipelines: readonly string[]
  readonly isSkipped: IsSkipped
}

/** Finds the pipelines of other signals and the components that nothing else uses. */
export function skippedByTracesOnly(root: MapNode): Skipped {
  const pipelines = pipelineNodes(root)
  const skipped = pipelines.filter(([key]) => isOtherSignal(key))
  const unused = usedBy(skipped.map(([, node]) => node))
  const used = usedBy(pipelines.filter(([key]) => !isOtherSignal(key)).map(([, node]) => node))
  return {
    pipelines: skipped.map(([key]) => key),
    isSkipped: (section, id) => {
      const uses = usesOf[section]
      return uses.some((list) => unused[list].has(id)) && !uses.some((list) => used[list].has(id))
    },
  }
}

/** Under which names of a pipeline the components of a section appear. */
const usesOf: Readonly<Record<SectionName, readonly PipelineList[]>> = {
  receivers: ['receivers'],
  processors: ['processors'],
  exporters: ['exporters'],
  connectors: ['receivers', 'exporters'],
  extensions: [],
}

const lists = ['receivers', 'processors', 'exporters'] as const

type PipelineList = (typeof lists)[number]

function pipelineNodes(root: MapNode): readonly (readonly [string, ConfigNode])[] {
  const service = root.entries.get('service')?.node
  const pipelines = service?.kind === 'map' ? service.entries.get('pipelines')?.node : undefined
  if (pipelines?.kind !== 'map') return []
  return [...pipelines.entries].map(([key, entry]) => [key, entry.node] as const)
}

function usedBy(pipelines: readonly ConfigNode[]): Readonly<Record<PipelineList, ReadonlySet<string>>> {
  const used = { receivers: new Set<string>(), processors: new Set<string>(), exporters: new Set<string>() }
  for (const pipeline of pipelines) {
    const plain = toPlain(pipeline)
    if (!isRecord(plain)) continue
    for (const list of lists) for (const id of namesIn(plain[list])) used[list].add(id)
  }
  return used
}

function namesIn(value: unknown): readonly string[] {
  const plain = value instanceof Expanded ? value.value : value
  const names = typeof plain === 'string' ? plain.split(',') : Array.isArray(plain) ? plain : []
  return names.flatMap((name) => {
    const id = typeof name === 'string' ? parseComponentId(name) : ''
    return typeof id === 'string' ? [] : [id.id]
  })
}
