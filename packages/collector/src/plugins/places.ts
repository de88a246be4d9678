import { basename, dirname, join } from 'node:path'

/** Folders to look in for packages, the nearest first, as Node.js does for who is in one of `starts`. */
export function moduleFolders(starts: readonly string[]): readonly string[] {
  return upwards(starts)
    .filter((folder) => basename(folder) !== 'node_modules')
    .map((folder) => join(folder, 'node_modules'))
}

/** The folders and all that they lie in, the nearest first, each once. */
export function upwards(starts: readonly string[]): readonly string[] {
  const found = new Set<string>()
  for (const start of starts) {
    for (let folder = start; !found.has(folder); folder = dirname(folder)) found.add(folder)
  }
  return [...found]
}
