import { execFile } from 'node:child_process'
import { EventEmitter } from 'node:events'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

import type { PluginFinder } from '@spanloom/core'

import { main, processContext } from '../src/index.ts'

/** How a command ended and what it printed. */
export interface Outcome {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** The entry file of the command. */
export const commandFile: string = fileURLToPath(new URL('../src/cli.ts', import.meta.url))

type Environment = Readonly<Record<string, string | undefined>>

/** Runs the command inside this process, with no variables but those of `env`. */
export async function runMain(
  args: readonly string[],
  env: Environment = {},
  plugins?: PluginFinder,
): Promise<Outcome> {
  const printed = { stdout: '', stderr: '' }
  const stream = (name: keyof typeof printed) => ({
    write: (text: string) => void (printed[name] += text),
    on: () => undefined,
  })
  const code = await main({
    ...processContext(),
    ...(plugins === undefined ? {} : { plugins }),
    args,
    env,
    stdout: stream('stdout'),
    stderr: stream('stderr'),
    events: new EventEmitter(),
    readFile: (path) => readFile(path),
  })
  return { code, ...printed }
}

/** Runs the command as its users do, with `env` laid over the variables of this process. */
export function runCommand(args: readonly string[], env: Environment = {}, cwd?: string): Promise<Outcome> {
  const { promise, resolve } = Promise.withResolvers<Outcome>()
  const options = { env: { ...process.env, ...env }, timeout: 60_000, ...(cwd === undefined ? {} : { cwd }) }
  const child = execFile(process.execPath, [commandFile, ...args], options, (_error, stdout, stderr) =>
    resolve({ code: child.exitCode ?? -1, stdout, stderr }),
  )
  return promise
}
