import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as elapse } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

import { type Exit, type RunningProcess, startProcess } from '@spanloom/interop'

import { commandFile } from './run-spanloom.ts'

/** The folder of the example configurations. */
export const exampleFolder: string = fileURLToPath(new URL('../../../config/', import.meta.url))

/** The single-file binary to run the examples with instead of the sources; `check:binary` sets it. */
const binary = process.env['SPANLOOM_BINARY']
const [program, ...programArgs] = binary === undefined ? [process.execPath, commandFile] : [binary]

/** Starts the command with an example and resolves once it says that it is ready. */
export function startExample(
  file: string,
  env: Readonly<Record<string, string>>,
  ready = /Everything is ready\. Begin running and processing data\./,
): Promise<RunningProcess> {
  return startProcess({
    command: program,
    args: [...programArgs, '--config', join(exampleFolder, file)],
    env,
    ready,
  })
}

/** Stops an example and tells how it ended. */
export async function stopExample(example: RunningProcess): Promise<Exit> {
  const exit = await example.stop()
  if (exit.code !== 0) console.info(example.stdout() + example.stderr())
  return exit
}

/** A new folder that is removed with what is in it. */
export async function temporaryFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'spanloom-example-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

const patienceMs = 20_000

/** The lines of a file, as soon as there are `count` of them. */
export async function linesOf(file: string, count: number): Promise<readonly string[]> {
  for (const deadline = performance.now() + patienceMs; performance.now() < deadline; await elapse(20)) {
    const text = await readFile(file, 'utf8').catch(() => '')
    const lines = text.split('\n').slice(0, -1)
    if (lines.length >= count) return lines
  }
  throw new Error(`${file} did not get ${count} lines in time.`)
}
