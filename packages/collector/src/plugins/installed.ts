import {
  messageOf,
  type BrokenPlugin,
  type ComponentKind,
  type Registry,
  type RegistryEntry,
} from '@spanloom/core'

import type { Discovery, PluginPackage } from './discover.ts'
import type { MarkedComponent } from './marker.ts'
import { apiFault, entryFile, packageEntry } from './package-entries.ts'
import { PluginError } from './plugin-error.ts'

/** What installed packages add to the components that are known. */
export interface InstalledComponents {
  readonly entries: readonly RegistryEntry[]
  /** Components that cannot be used, with the reason. */
  readonly refused: readonly BrokenPlugin[]
}

interface Owned {
  readonly plugin: PluginPackage
  readonly component: MarkedComponent
}

/**
 * Entries for all installed components whose type nobody in `known` has: what is built in or listed wins over what is
 * merely installed. A type that two packages claim has an entry that cannot be loaded.
 */
export function installedComponents({ packages }: Discovery, known: Registry): InstalledComponents {
  const owners = new Map<string, Owned[]>()
  const aliases = new Map<string, number>()
  const refused: BrokenPlugin[] = []
  for (const plugin of packages) {
    for (const component of plugin.components) {
      const { kind, type } = component
      const other = known.find(kind, type)
      if (other === undefined) {
        const key = keyOf(kind, type)
        owners.set(key, [...(owners.get(key) ?? []), { plugin, component }])
      } else if (other.origin === undefined) {
        refused.push(refusal(plugin, `it claims the ${kind} type "${type}", which is built in`))
      }
      for (const alias of component.aliases) {
        const key = keyOf(kind, alias)
        aliases.set(key, (aliases.get(key) ?? 0) + 1)
      }
    }
  }
  const isFree = (kind: ComponentKind, alias: string): boolean =>
    known.find(kind, alias) === undefined &&
    !owners.has(keyOf(kind, alias)) &&
    aliases.get(keyOf(kind, alias)) === 1
  const entries = [...owners.values()].flatMap(([first, ...others]) => {
    if (first === undefined) return []
    const entry = packageEntry(first.plugin, first.component)
    for (const owner of [first, ...others]) {
      const problem = problemOf(owner, others.length > 0 ? entry : undefined)
      if (problem !== undefined) refused.push(refusal(owner.plugin, problem))
    }
    if (others.length > 0) return ambiguous(entry, [first, ...others])
    return { ...entry, aliases: first.component.aliases.filter((alias) => isFree(entry.kind, alias)) }
  })
  return { entries, refused }
}

/** What can be said against a component without running its code. */
function problemOf({ plugin, component }: Owned, contested: RegistryEntry | undefined): string | undefined {
  const fault = apiFault(plugin)
  if (fault !== undefined) return fault.message
  try {
    entryFile(plugin, component.entry)
  } catch (error) {
    return messageOf(error)
  }
  if (contested === undefined) return undefined
  return `another package claims the ${contested.kind} type "${contested.type}", too`
}

function refusal({ name, folder }: PluginPackage, problem: string): BrokenPlugin {
  return { name, origin: folder, problem }
}

function keyOf(kind: ComponentKind, name: string): string {
  return `${kind}/${name}`
}

function ambiguous(entry: RegistryEntry, owners: readonly Owned[]): RegistryEntry {
  const packages = owners.map(({ plugin }) => plugin)
  const [first] = packages
  const error = new PluginError(
    `${packages.length} packages claim this type: ${packages.map(({ name, folder }) => `${name} in ${folder}`).join(', and ')}`,
    `List the one to use, such as \`plugins: [${first?.name ?? ''}]\`, or uninstall the others.`,
  )
  const module = packages.map(({ name }) => name).join(' or ')
  return { ...entry, aliases: [], module, version: '', load: () => Promise.reject(error) }
}
