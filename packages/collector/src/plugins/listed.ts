import { stat } from 'node:fs/promises'
import { dirname, isAbsolute, join, resolve } from 'node:path'

import type { ListedPlugin, RegistryEntry } from '@spanloom/core'

import { noMarker, pluginOf, type PluginPackage } from './discover.ts'
import { loadLocalFile } from './local-file.ts'
import { isPackageName, readManifest, type Manifest, type UnreadableManifest } from './manifest.ts'
import { apiFault, packageEntry } from './package-entries.ts'
import { moduleFolders } from './places.ts'
import { PluginError } from './plugin-error.ts'

/** What an item of `plugins:` brings. */
export interface ListedComponents {
  /** The file or folder itself, so that the same thing listed twice counts once. */
  readonly origin: string
  readonly entries: readonly RegistryEntry[]
}

/** Where packages are looked for beside the folder of the file that lists them. */
export interface Surroundings {
  readonly cwd: string
  readonly command: string
}

/**
 * Finds what an item of `plugins:` stands for: a file, a folder with a package in it, or an installed package. Only
 * the code of files is run.
 *
 * @throws PluginError when there is nothing that could be used.
 */
export async function readListed(
  { name, listedIn }: ListedPlugin,
  { cwd, command }: Surroundings,
  readFile: (path: string) => Promise<Uint8Array>,
): Promise<ListedComponents> {
  const base = listedIn === undefined ? cwd : dirname(resolve(cwd, listedIn))
  if (!isPath(name)) return componentsOf(await findPackage(name, [base, cwd, command]))
  const path = resolve(base, name)
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
  if (!isFolder) return { origin: path, entries: await loadLocalFile(path, name, readFile) }
  const manifest = await readManifest(path)
  if (manifest !== undefined) return componentsOf(manifest)
  throw new PluginError('the folder has no package.json', 'Name the file itself, or a folder with a package.')
}

function isPath(text: string): boolean {
  return isAbsolute(text) || /^\.{1,2}(?:[\\/]|$)/.test(text) || /\.[cm]?[jt]s$/.test(text)
}

async function findPackage(name: string, starts: readonly string[]): Promise<Manifest | UnreadableManifest> {
  if (!isPackageName(name)) {
    throw new PluginError(
      'it is neither a path nor the name of a package',
      'Paths begin with `./`, such as `./crane.mts`.',
    )
  }
  for (const folder of moduleFolders(starts)) {
    const found = await readManifest(join(folder, name))
    if (found !== undefined) return found
  }
  throw new PluginError('the package is not installed', `Install it: npm install ${name}`)
}

function componentsOf(found: Manifest | UnreadableManifest): ListedComponents {
  if ('problem' in found) throw new PluginError(found.problem)
  if (found.marker === undefined) throw new PluginError(noMarker)
  const plugin: PluginPackage = pluginOf(found)
  const fault = plugin.faults[0] === undefined ? apiFault(plugin) : new PluginError(plugin.faults.join('; '))
  if (fault !== undefined) throw fault
  const entries = plugin.components.map((component) => packageEntry(plugin, component))
  return { origin: plugin.folder, entries }
}
