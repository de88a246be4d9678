import type { ComponentKind } from '../component/component.ts'
import { createRegistry, type Registry } from '../component/registry.ts'
import { parseComponentId } from '../schema/component-id.ts'
import { sectionOfKind } from './document-schema.ts'
import type { LoadOptions } from './load-options.ts'
import type { MapNode } from './node.ts'
import type { ListedPlugin, PluginFindings, PluginRequest } from './plugin-finder.ts'
import type { Report } from './report.ts'

/** All components that a configuration may name. */
export interface KnownComponents {
  readonly registry: Registry
  /** What `plugins:` lists, as written. */
  readonly listed: readonly string[]
  /** Whether nothing of `plugins:` is at fault, so that a type that is unknown is not missing because of it. */
  readonly complete: boolean
  readonly broken: PluginFindings['broken']
  readonly advice: PluginFindings['advice']
}

/**
 * Adds to the built-in components those that the configuration asks for: what it lists and what it names. Nobody looks
 * for plugins of a configuration that asks for none, unless `all` that are installed are wanted.
 */
export async function withPlugins(
  root: MapNode,
  { registry, plugins, readFile }: LoadOptions,
  files: readonly string[],
  report: Report,
  all = false,
): Promise<KnownComponents> {
  const { listed, indices } = listedIn(root, files)
  const names = listed.map(({ name }) => name)
  const missing = missingIn(root, registry)
  if (plugins === undefined || (listed.length === 0 && missing.length === 0 && !all)) {
    return { registry, listed: names, complete: true, broken: [], advice: () => undefined }
  }
  const found = await plugins.find({ listed, missing, files, all, registry, readFile })
  tell(found, indices, report)
  return {
    registry: createRegistry([...registry.entries, ...found.entries]),
    listed: names,
    complete: found.faults.length === 0,
    broken: found.broken,
    advice: found.advice,
  }
}

/** What is not a text is told where the outline of the file is checked. */
function listedIn(
  root: MapNode,
  files: readonly string[],
): { readonly listed: readonly ListedPlugin[]; readonly indices: readonly number[] } {
  const list = root.entries.get('plugins')?.node
  const listed: ListedPlugin[] = []
  const indices: number[] = []
  for (const [index, item] of list?.kind === 'list' ? list.items.entries() : []) {
    if (item.kind !== 'scalar' || typeof item.value !== 'string') continue
    const { name } = item.place.source
    listed.push({ name: item.value, listedIn: files.includes(name) ? name : undefined })
    indices.push(index)
  }
  return { listed, indices }
}

function missingIn(root: MapNode, registry: Registry): PluginRequest['missing'] {
  const kinds: readonly ComponentKind[] = ['receiver', 'processor', 'exporter', 'connector', 'extension']
  return kinds.flatMap((kind) => {
    const section = root.entries.get(sectionOfKind[kind])?.node
    const ids = section?.kind === 'map' ? [...section.entries.keys()].map(parseComponentId) : []
    const types = new Set(ids.flatMap((id) => (typeof id === 'string' ? [] : id.type)))
    return [...types]
      .filter((type) => registry.find(kind, type) === undefined)
      .map((type) => ({ kind, type }))
  })
}

function tell({ faults }: PluginFindings, indices: readonly number[], report: Report): void {
  for (const { index, ...fault } of faults) {
    report.fault({ ...fault, path: ['plugins', indices[index] ?? index], at: 'value' })
  }
}
