import { realpathSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { isAbsolute, join, relative, sep } from 'node:path'

import { messageOf, pluginApiVersion, type RegistryEntry } from '@spanloom/core'

import { buildInfo } from '../build-info.ts'
import type { PluginPackage } from './discover.ts'
import { loadModule } from './load-module.ts'
import { hasChanged } from './loaded-code.ts'
import type { MarkedComponent } from './marker.ts'
import { pickFactory } from './pick-factory.ts'
import { PluginError } from './plugin-error.ts'

/**
 * The entry of one component of a package. Nothing of the package runs until it is loaded.
 *
 * `load` rejects with a PluginError when the component cannot be used.
 */
export function packageEntry(plugin: PluginPackage, component: MarkedComponent): RegistryEntry {
  const { kind, type, stability, aliases } = component
  let stale = false
  return {
    kind,
    type,
    stability,
    aliases,
    module: plugin.name,
    version: plugin.version,
    origin: plugin.folder,
    isStale: () => stale,
    async load() {
      const fault = apiFault(plugin)
      if (fault !== undefined) throw fault
      const file = entryFile(plugin, component.entry)
      stale = hasChanged(file, await readFile(file), plugin.version)
      return pickFactory(loadModule(file), component)
    },
  }
}

/** Why nothing of a package can be used by this program; `undefined` when it can. */
export function apiFault({ apiVersion }: PluginPackage): PluginError | undefined {
  if (apiVersion === pluginApiVersion) return undefined
  return new PluginError(
    `it needs version ${apiVersion} of the plugin API, and ${buildInfo.command} ${buildInfo.version} has version ${pluginApiVersion}`,
    apiVersion > pluginApiVersion ? `Update ${buildInfo.command}.` : 'Update the plugin.',
  )
}

/**
 * The file that a component's code begins with.
 *
 * @throws PluginError when it is not there, or not in the package.
 */
export function entryFile({ folder, name, hasExports }: PluginPackage, entry: string | undefined): string {
  const file = entry === undefined ? mainFile(folder, name, hasExports) : join(folder, entry)
  const outside = (path: string): boolean => {
    const way = relative(folder, path)
    return way === '' || way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way)
  }
  const leaves = new PluginError(`its entry ${entry ?? file} is not a file inside of the package`)
  if (isAbsolute(entry ?? '') || outside(file)) throw leaves
  let real: string
  try {
    real = realpathSync(file)
  } catch (error) {
    throw new PluginError(
      `its entry ${entry ?? file} does not exist`,
      'Build the package, or mend `entry` in its package.json.',
      { cause: error },
    )
  }
  if (outside(real)) throw leaves
  return real
}

/** What an import of the package gives. */
function mainFile(folder: string, name: string, hasExports: boolean): string {
  const { resolve } = createRequire(join(folder, 'package.json'))
  try {
    return resolve(hasExports ? name : folder)
  } catch (error) {
    throw new PluginError(
      'it has no main file',
      'Build the package, or add `entry` to the component in its package.json.',
      { cause: new Error(messageOf(error)) },
    )
  }
}
