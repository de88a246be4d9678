import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const bin = join(root, 'node_modules', '.bin')

/** What an `npm install` in a made package would bring, from this repository. */
const installed = {
  '@spanloom/core': 'packages/core',
  '@types/node': 'node_modules/@types/node',
  typescript: 'node_modules/typescript',
  vitest: 'node_modules/vitest',
} as const

/** An empty folder that goes away with the returned resource. */
export function temporaryFolder(): { readonly path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), 'spanloom-create-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}

/** Stands in for `npm install`. */
export function install(folder: string): void {
  for (const [name, target] of Object.entries(installed)) {
    const link = join(folder, 'node_modules', name)
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(join(root, target), link)
  }
}

/** Runs a program of this repository in a made package and resolves with what it prints, or rejects with it. */
export async function runIn(
  folder: string,
  program: 'node' | 'tsc' | 'vitest',
  ...args: string[]
): Promise<string> {
  const file = program === 'node' ? process.execPath : join(bin, program)
  // The variables by which vitest knows its workers would confuse the inner one.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(?:VITEST|TEST|NODE_ENV)/.test(name)),
  )
  const options = { cwd: folder, env: { ...env, NO_COLOR: '1' } }
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  execFile(file, args, options, (error, stdout, stderr) =>
    error === null ? resolve(stdout + stderr) : reject(new Error(stdout + stderr)),
  )
  return promise
}
