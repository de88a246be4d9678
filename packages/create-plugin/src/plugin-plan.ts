import type { PluginNames } from './plugin-names.ts'
import type { License } from './rights.ts'
import type { SpanloomSource } from './spanloom-source.ts'

/** Everything that the files of a package depend on. */
export interface PluginPlan {
  readonly names: PluginNames
  readonly license: License
  readonly spanloom: SpanloomSource
  /** For the licence. */
  readonly year: number
}
