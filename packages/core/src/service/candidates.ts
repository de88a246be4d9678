import type { Extension } from '../component/extension.ts'
import type { CollectorConfig } from '../config/collector-config.ts'
import { configuredComponent } from './config-views.ts'
import { inStartOrder } from './extension-order.ts'
import type { Parts } from './generation.ts'
import {
  createExtensionMember,
  createPipelineMember,
  type ExtensionMember,
  type PipelineMember,
  type Surroundings,
} from './member.ts'
import { portsOf } from './pipelines.ts'
import type { ReloadPlan } from './reload-plan.ts'

/** What a reload adds to what runs, created but not started, and the whole that it will make. */
export interface Candidates {
  readonly parts: Parts
  /** In the order of starting. */
  readonly extensions: readonly ExtensionMember[]
  /** By key in the graph. */
  readonly members: ReadonlyMap<string, PipelineMember>
}

/**
 * Creates the instances that a plan replaces or adds. What runs does not notice.
 *
 * @throws StartError naming what could not be created; nothing is left of the others then.
 */
export function createCandidates(
  plan: ReloadPlan,
  config: CollectorConfig,
  running: Parts,
  around: Surroundings,
): Candidates {
  const created: { forget(): void }[] = []
  const all = new Map<string, ExtensionMember>()
  const find = (id: string): Extension | undefined => all.get(id)?.component
  const keep = <M extends { forget(): void }>(member: M): M => {
    created.push(member)
    return member
  }
  try {
    for (const id of config.service.extensions) {
      const known = plan.extensions.replaced.has(id) ? undefined : running.extensions.get(id)
      const spec = configuredComponent(config, 'extension', id)
      all.set(id, known ?? keep(createExtensionMember(spec, around, find)))
    }
    const extensions = inStartOrder(all)
    const shared = stillShared(plan, running)
    const members = new Map<string, PipelineMember>()
    for (const node of plan.graph.startOrder) {
      if (!plan.nodes.replaced.has(node.key) && !plan.nodes.added.has(node.key)) continue
      const spec = configuredComponent(config, node.kind, node.id)
      members.set(node.key, keep(createPipelineMember(node, spec, around, { find, shared })))
    }
    const { graph } = plan
    const kept = [...running.pipelines.members].filter(([key]) => graph.nodes.has(key))
    return {
      extensions: [...extensions.values()].filter((member) => created.includes(member)),
      members,
      parts: {
        config,
        extensions,
        shared,
        pipelines: {
          graph,
          members: new Map([...kept, ...members]),
          ports: portsOf(graph, running.pipelines.ports),
        },
      },
    }
  } catch (error) {
    for (const member of created) member.forget()
    around.accounts.keepOnly(running.pipelines.members)
    throw error
  }
}

/** Instances of one processor share a value as long as their settings stay the same. */
function stillShared({ nodes, graph }: ReloadPlan, { shared }: Parts): Map<string, object> {
  const fresh = new Set([...nodes.replaced].map((key) => nameOf(graph, key)))
  const used = new Set([...graph.nodes.keys()].map((key) => nameOf(graph, key)))
  return new Map([...shared].filter(([name]) => used.has(name) && !fresh.has(name)))
}

function nameOf({ nodes }: ReloadPlan['graph'], key: string): string {
  const node = nodes.get(key)
  return node === undefined ? '' : `${node.kind}:${node.id}`
}
