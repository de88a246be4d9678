import { realpathSync } from 'node:fs'
import { dirname } from 'node:path'

import type { Surroundings } from './listed.ts'

/** Where this process looks for plugins beside the folder of its configuration. */
export function processSurroundings(): Surroundings {
  return { cwd: process.cwd(), command: commandFolder() }
}

/** The folder of the command itself, wherever a link to it is; the single-file program is its own command. */
function commandFolder(): string {
  const [, command = process.execPath] = process.argv
  try {
    return dirname(realpathSync(command))
  } catch {
    return dirname(process.execPath)
  }
}
