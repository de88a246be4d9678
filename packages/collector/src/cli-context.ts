import { readFile } from 'node:fs/promises'
import type { Readable, Writable } from 'node:stream'
import { isatty } from 'node:tty'

import type { OutputStream, PluginFinder, ProcessEvents, Registry } from '@spanloom/core'

import { keepMemorySmall } from './memory-flags.ts'
import { pluginFinder } from './plugins/lazy-finder.ts'
import { defaultRegistry } from './registry.ts'

/** A terminal with somebody who can answer questions. */
export interface Terminal {
  readonly input: Readable
  readonly output: Writable
}

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
  /** Absent where nobody can be asked. */
  readonly terminal?: Terminal
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
    ...(isatty(0) && isatty(1) ? { terminal: { input: process.stdin, output: process.stdout } } : {}),
  }
}
