import type { ComponentKind } from '../component/component.ts'
import type { Registry, RegistryEntry } from '../component/registry.ts'

/** One item of `plugins:`. */
export interface ListedPlugin {
  /** A file, a folder or the name of a package. */
  readonly name: string
  /** The file that lists it, to which its path is relative; `undefined` for what was not read from a file. */
  readonly listedIn: string | undefined
}

/** What a configuration says about components that are not built in. */
export interface PluginRequest {
  /** What `plugins:` lists. */
  readonly listed: readonly ListedPlugin[]
  /** Types that the configuration names and the registry has not. */
  readonly missing: readonly { readonly kind: ComponentKind; readonly type: string }[]
  /** Files that the sources were read from. */
  readonly files: readonly string[]
  /** Whether to find everything that is installed, also what nothing names. */
  readonly all?: boolean
  /** What is built in. */
  readonly registry: Registry
  /** Reads a file, and has it watched. */
  readonly readFile: (path: string) => Promise<Uint8Array>
}

/** What is wrong with one item of `plugins:`. */
export interface PluginIssue {
  /** Position of the item in `listed`. */
  readonly index: number
  /** Stable name in lower snake_case, such as `plugin_missing`. */
  readonly code: string
  readonly message: string
  /** How to mend it, as a full sentence. */
  readonly suggestion?: string
}

/** Something that should be a plugin and cannot be used. */
export interface BrokenPlugin {
  /** Name of the package. */
  readonly name: string
  /** Where it is. */
  readonly origin: string
  /** A clause, such as `it needs version 2 of the plugin API`. */
  readonly problem: string
}

/** What was found. */
export interface PluginFindings {
  /**
   * Components beside the built-in ones; none of them has a type that the registry has. Those that cannot be used are
   * among them: their `load` rejects with the reason.
   */
  readonly entries: readonly RegistryEntry[]
  readonly faults: readonly PluginIssue[]
  /** What is installed and cannot be used. */
  readonly broken: readonly BrokenPlugin[]
  /** How to get a type that is still missing, as a full sentence. */
  readonly advice: (kind: ComponentKind, type: string) => string | undefined
}

/** Looks for components outside of the program. */
export interface PluginFinder {
  /** Never rejects because of a plugin. Called only for a configuration that needs what is not built in. */
  find(request: PluginRequest): Promise<PluginFindings>
}
