// What the checks of packages share: the top of the repository, running programs, giving up.
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))

/** Runs a program and returns what it prints; throws when it fails. */
export const run = (command, args, options = {}) =>
  execFileSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 64 * 1024 * 1024,
    ...options,
  })

/** A tool that the repository has installed. */
export const tool = (name) => join(root, 'node_modules', '.bin', name)

/** Ends the check with one message. */
export const fail = (message) => {
  console.error(`Error: ${message}`)
  process.exit(1)
}
