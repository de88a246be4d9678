import { readFile } from 'node:fs/promises'

import type { OutputStream, PluginFinder, ProcessEvents, Registry } from '@spanloom/core'

import { keepMemorySmall } from './memory-flags.ts'
import { pluginFinder } from './plugins/lazy-finder.ts'
import { defaultRegistry } from './registry.ts'

/** The outside world as the command sees it; tests hand in their own. */
export interface CliContext {
  /** Arguments after the name of the program. */
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdout: OutputStream
  readonly stderr: OutputStream
  /** Signals and crashes. */
  readonly events: ProcessEvents
  /** What is built in. */
  readonly registry: Registry
  /** Finds other components that a configuration names; without it there are none. */
  readonly plugins?: PluginFinder
  readFile(path: string): Promise<Uint8Array>
  /** Called once a collector of the command runs. */
  readonly onReady?: () => void
}

/** The context of the real process. */
export function processContext(): CliContext {
  return {
    args: process.argv.slice(2),
    env: process.env,
    stdout: process.stdout,
    stderr: process.stderr,
    events: process,
    registry: defaultRegistry,
    plugins: pluginFinder,
    readFile: (path) => readFile(path),
    onReady: keepMemorySmall,
  }
}
