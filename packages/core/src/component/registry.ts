import type { ComponentKind, Stability } from './component.ts'
import type { AnyFactory } from './define.ts'
import type { AssemblyProfile } from './profile.ts'

/**
 * A component that can be named in a configuration. Its code is loaded when a file names it, so that
 * starting, validating and listing touch only what they need.
 */
export interface RegistryEntry {
  readonly kind: ComponentKind
  readonly type: string
  readonly stability: Stability
  /** npm package and its version. */
  readonly module: string
  readonly version: string
  /** Folder or file that a plugin was found in; absent for what is built in. */
  readonly origin?: string
  /** Other type names that still work and log one warning (CFG-24). */
  readonly aliases?: readonly string[]
  load(): Promise<AnyFactory>
  /** Whether, once it is loaded, the code that runs is older than what lies there: it takes a restart to run that. */
  readonly isStale?: () => boolean
  /** Profiles of a receiver's fragments, loadable without the receiver. */
  profiles?(): Promise<Readonly<Record<string, AssemblyProfile>>>
}

/** All components of a collector. There is no global list: each collector, and each test, has its own. */
export interface Registry {
  readonly entries: readonly RegistryEntry[]
  /** Finds by type or alias. */
  find(kind: ComponentKind, type: string): RegistryEntry | undefined
}

/** Makes a registry. Throws a `TypeError` when two entries of one kind claim one type or alias. */
export function createRegistry(entries: readonly RegistryEntry[]): Registry {
  const byName = new Map<string, RegistryEntry>()
  for (const entry of entries) {
    for (const name of [entry.type, ...(entry.aliases ?? [])]) {
      const key = `${entry.kind}/${name}`
      if (byName.has(key)) throw new TypeError(`Two components claim the ${entry.kind} type "${name}".`)
      byName.set(key, entry)
    }
  }
  return { entries, find: (kind, type) => byName.get(`${kind}/${type}`) }
}

/** An entry for a factory that is already loaded; for tests and for programs that embed a collector. */
export function entryOf(
  factory: AnyFactory,
  module: string = factory.type,
  version: string = '0.0.0',
): RegistryEntry {
  return {
    kind: factory.kind,
    type: factory.type,
    stability: factory.stability,
    module,
    version,
    load: () => Promise.resolve(factory),
    ...(factory.kind === 'receiver' ? { profiles: () => Promise.resolve(factory.profiles) } : {}),
  }
}
