import { isDeepStrictEqual } from 'node:util'

import type { CollectorConfig, ComponentConfig } from '../config/collector-config.ts'
import type { Graph } from '../pipeline/graph.ts'
import { configuredComponent } from './config-views.ts'
import type { Parts } from './generation.ts'
import type { ExtensionMember, Member } from './member.ts'
import { mayOverlap } from './overlap.ts'
import { graphOf } from './pipelines.ts'

/** What becomes of the instances of one kind, by id or by key in the graph. */
export interface Changes {
  /** Other settings, or another instance of something that it uses: one instance takes the place of another. */
  readonly replaced: ReadonlySet<string>
  readonly added: ReadonlySet<string>
  readonly removed: ReadonlySet<string>
}

/** What a reload has to do. */
export interface ReloadPlan {
  /** Whether everything has to restart. */
  readonly everything: boolean
  /** Whether own logs are to be written in another way; that restarts nothing. */
  readonly logs: boolean
  readonly graph: Graph
  readonly extensions: Changes
  readonly nodes: Changes
}

/**
 * Compares what runs with what shall run. A component stays when its settings are the same and so are the extensions
 * that it asked for, and it does not ask for a new instance; how it is wired does not matter (decision 9).
 */
export function planReload({ config, extensions, pipelines }: Parts, next: CollectorConfig): ReloadPlan {
  const { logs, ...telemetry } = config.service.telemetry
  const { logs: nextLogs, ...nextTelemetry } = next.service.telemetry
  const graph = graphOf(next)
  const extensionChanges = compareExtensions(extensions, next)
  const touched = new Set(Object.values(extensionChanges).flatMap((ids) => [...ids]))
  const uses = ({ host }: Member): boolean => !host.used.isDisjointFrom(touched)
  const isKept = (key: string, kind: Parameters<typeof configuredComponent>[1], id: string): boolean => {
    const member = pipelines.members.get(key)
    return (
      member !== undefined &&
      member.component.isWorn !== true &&
      !uses(member) &&
      isSame(member.config, configuredComponent(next, kind, id))
    )
  }
  const known = pipelines.graph.nodes
  const nodes: Changes = {
    replaced: keysOf(graph, ({ key, kind, id }) => known.has(key) && !isKept(key, kind, id)),
    added: keysOf(graph, ({ key }) => !known.has(key)),
    removed: keysOf(pipelines.graph, ({ key }) => !graph.nodes.has(key)),
  }
  // Whoever uses a storage would have to stop before it is exchanged, and others before them.
  const blocking = [...extensionChanges.replaced].some((id) => {
    const member = extensions.get(id)
    return member !== undefined && !mayOverlap(member)
  })
  return {
    everything: blocking || !isDeepStrictEqual(telemetry, nextTelemetry),
    logs: !isDeepStrictEqual(logs, nextLogs),
    graph,
    extensions: extensionChanges,
    nodes,
  }
}

function compareExtensions(running: ReadonlyMap<string, ExtensionMember>, next: CollectorConfig): Changes {
  const wanted = new Set(next.service.extensions)
  const added = wanted.difference(new Set(running.keys()))
  const removed = new Set(running.keys()).difference(wanted)
  const replaced = new Set<string>()
  for (let size = -1; size < replaced.size;) {
    size = replaced.size
    const touched = new Set([...added, ...removed, ...replaced])
    for (const [id, member] of running) {
      if (removed.has(id)) continue
      const same = isSame(member.config, configuredComponent(next, 'extension', id))
      const needs = new Set([...member.host.used, ...(member.component.dependencies ?? [])])
      if (!same || !needs.isDisjointFrom(touched)) replaced.add(id)
    }
  }
  return { replaced, added, removed }
}

function isSame(a: ComponentConfig, b: ComponentConfig): boolean {
  return a.factory === b.factory && isDeepStrictEqual(a.raw, b.raw)
}

function keysOf(graph: Graph, choose: (node: Graph['startOrder'][number]) => boolean): ReadonlySet<string> {
  return new Set(graph.startOrder.filter(choose).map(({ key }) => key))
}
