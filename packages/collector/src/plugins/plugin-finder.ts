import { dirname, resolve } from 'node:path'

import {
  createRegistry,
  hintOf,
  messageOf,
  type BrokenPlugin,
  type ComponentKind,
  type ListedPlugin,
  type PluginFinder,
  type PluginFindings,
  type PluginIssue,
  type PluginRequest,
  type Registry,
  type RegistryEntry,
} from '@spanloom/core'

import { discoverPlugins } from './discover.ts'
import { installedComponents } from './installed.ts'
import { readListed, type Surroundings } from './listed.ts'

/** Finds plugins in files and folders, around the configuration, the current folder and the command. */
export function filePluginFinder(surroundings: Surroundings): PluginFinder {
  return { find: (request) => findPlugins(surroundings, request) }
}

async function findPlugins(surroundings: Surroundings, request: PluginRequest): Promise<PluginFindings> {
  const { registry, files, readFile } = request
  const listed = new ListedPlugins(registry)
  for (const [index, item] of request.listed.entries()) {
    await listed.add(index, item, surroundings, readFile)
  }
  const known = createRegistry([...registry.entries, ...listed.entries])
  const missing = request.missing.filter(({ kind, type }) => known.find(kind, type) === undefined)
  const { cwd, command } = surroundings
  const projects = [...files.map((file) => dirname(resolve(cwd, file))), cwd]
  const discovery =
    missing.length === 0 && request.all !== true
      ? { packages: [], broken: [] }
      : await discoverPlugins({ projects, command })
  const installed = installedComponents(discovery, known)
  const isNamed = ({ kind, type, aliases = [] }: RegistryEntry): boolean =>
    missing.some((one) => one.kind === kind && [type, ...aliases].includes(one.type))
  const broken = [...discovery.broken, ...installed.refused]
  return {
    entries: [
      ...listed.entries.map(withProfiles),
      // Profiles of receivers that nothing names would run their code for nothing.
      ...installed.entries.map((entry) => (isNamed(entry) ? withProfiles(entry) : entry)),
    ],
    faults: listed.faults,
    broken,
    advice: (kind, type) => adviceFor(kind, type, broken),
  }
}

/** What the items of `plugins:` bring, in their order. */
class ListedPlugins {
  readonly faults: PluginIssue[] = []
  readonly #builtIn: Registry
  readonly #origins = new Set<string>()
  readonly #owners = new Map<string, RegistryEntry>()

  constructor(builtIn: Registry) {
    this.#builtIn = builtIn
  }

  get entries(): readonly RegistryEntry[] {
    return [...new Set(this.#owners.values())]
  }

  async add(
    index: number,
    item: ListedPlugin,
    surroundings: Surroundings,
    readFile: PluginRequest['readFile'],
  ): Promise<void> {
    try {
      const { origin, entries } = await readListed(item, surroundings, readFile)
      if (this.#origins.has(origin)) return
      this.#origins.add(origin)
      for (const entry of entries) this.#claim(index, entry)
    } catch (error) {
      const suggestion = hintOf(error)
      this.faults.push({
        index,
        code: 'plugin_unusable',
        message: `cannot use the plugin ${item.name}: ${messageOf(error)}`,
        ...(suggestion === undefined ? {} : { suggestion }),
      })
    }
  }

  #claim(index: number, entry: RegistryEntry): void {
    const { kind } = entry
    const names = [entry.type, ...(entry.aliases ?? [])]
    for (const name of names) {
      const other = this.#builtIn.find(kind, name) ?? this.#owners.get(`${kind}/${name}`)
      if (other === undefined) continue
      const whose = other.origin === undefined ? 'which is built in' : `which ${other.module} has already`
      this.faults.push({
        index,
        code: 'plugin_type_taken',
        message: `the plugin ${entry.module} claims the ${kind} type "${name}", ${whose}`,
        suggestion: other.origin === undefined ? 'Give it a type of its own.' : 'List one of the two only.',
      })
      return
    }
    for (const name of names) this.#owners.set(`${kind}/${name}`, entry)
  }
}

function withProfiles(entry: RegistryEntry): RegistryEntry {
  if (entry.kind !== 'receiver') return entry
  return {
    ...entry,
    profiles: async () => {
      const factory = await entry.load()
      return factory.kind === 'receiver' ? factory.profiles : {}
    },
  }
}

function adviceFor(kind: ComponentKind, type: string, broken: readonly BrokenPlugin[]): string {
  const expected = `spanloom-${kind}-${type.toLowerCase().replaceAll('_', '-')}`
  const found = broken.find(({ name }) => name === expected || name.endsWith(`/${expected}`))
  if (found !== undefined) return `${found.name} in ${found.origin} cannot be used: ${found.problem}.`
  return `If a plugin has it, install it beside the configuration: npm install ${expected}`
}
