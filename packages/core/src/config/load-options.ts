import type { Registry } from '../component/registry.ts'
import type { PluginFinder } from './plugin-finder.ts'

/** What a configuration is loaded from, and the outside world that it may ask. */
export interface LoadOptions {
  /** Values of `--config`, in order (CFG-40, CFG-41). */
  readonly sources: readonly string[]
  /** Values of `--set`, in order (CFG-44). */
  readonly sets?: readonly string[]
  /** What is built in. */
  readonly registry: Registry
  /** Finds what else the configuration names; without it there is nothing else. */
  readonly plugins?: PluginFinder | undefined
  readonly env: Readonly<Record<string, string | undefined>>
  /** Reads a file; relative paths are as the user wrote them. Rejects if the file cannot be read. */
  readonly readFile: (path: string) => Promise<Uint8Array>
  /** Gets the text of an http(s) source; see `fetchSource`. */
  readonly fetch: (url: string) => Promise<string>
  /**
   * Reads a file of certificates or a key that settings of a running component name, to tell of one that cannot be
   * used. Without it such files are not looked at before the start.
   */
  readonly readPem?: (path: string) => Promise<Uint8Array>
  /** Makes such files that cannot be read errors; they may be missing where a configuration is only checked. */
  readonly strictFiles?: boolean
  /** Makes unset variables without default errors (CFG-53). */
  readonly strictEnv?: boolean
  /** Skips pipelines of other signals and the components that only they use. */
  readonly tracesOnly?: boolean
}
