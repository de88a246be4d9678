import { readdir } from 'node:fs/promises'
import { join } from 'node:path'

import type { BrokenPlugin } from '@spanloom/core'

import { isPackageName, readManifest, type Manifest, type UnreadableManifest } from './manifest.ts'
import { readMarker, type Marker } from './marker.ts'
import { moduleFolders, upwards } from './places.ts'

/** A package that says that it has components. */
export interface PluginPackage extends Pick<Manifest, 'folder' | 'name' | 'version' | 'hasExports'>, Marker {}

/** What is installed. */
export interface Discovery {
  readonly packages: readonly PluginPackage[]
  readonly broken: readonly BrokenPlugin[]
}

/** Where to look for packages, the nearest first. */
export interface SearchStarts {
  /** Folders of the configuration and the current one: their projects' own dependencies count under any name. */
  readonly projects: readonly string[]
  /** Folder of the command, which may be installed for the whole machine, and packages beside it. */
  readonly command: string
}

const pluginName = /^spanloom-(?:receiver|processor|exporter|connector|extension)-./
const mostPackages = 1000

/** Finds installed packages with components. Only `package.json` files are read. */
export async function discoverPlugins({ projects, command }: SearchStarts): Promise<Discovery> {
  const packages = new Map<string, PluginPackage>()
  const broken: BrokenPlugin[] = []
  const seen = new Set<string>()
  const take = (name: string, found: Manifest | UnreadableManifest | undefined, mustBe: boolean): boolean => {
    if (found === undefined) return false
    // The nearest of several installations counts.
    if (seen.has(name)) return true
    if ('problem' in found) {
      if (mustBe) broken.push({ name, origin: found.folder, problem: found.problem })
    } else if (found.marker !== undefined) {
      const plugin = pluginOf(found)
      if (plugin.faults.length > 0) {
        broken.push({ name, origin: found.folder, problem: plugin.faults.join('; ') })
      }
      packages.set(name, plugin)
    } else if (mustBe) {
      broken.push({ name, origin: found.folder, problem: noMarker })
    } else return true
    seen.add(name)
    return true
  }
  for (const start of projects) await takeProject(start, take)
  for (const folder of moduleFolders([...projects, command])) {
    const names = (await namesIn(folder)).slice(0, mostPackages)
    const found = await Promise.all(names.map((name) => readManifest(join(folder, name))))
    for (const [index, name] of names.entries()) take(name, found[index], true)
  }
  return { packages: [...packages.values()], broken }
}

/** What is said of a package without marker that is used as a plugin. */
export const noMarker = 'its package.json has no section "spanloom", which tells what components it has'

/** The package as a plugin, whatever its marker is worth. */
export function pluginOf({ folder, name, version, hasExports, marker }: Manifest): PluginPackage {
  return { folder, name, version, hasExports, ...readMarker(marker) }
}

type Take = (name: string, found: Manifest | UnreadableManifest | undefined, mustBe: boolean) => boolean

/** The nearest project around a folder, if it is a plugin itself, and what it depends on itself. */
async function takeProject(start: string, take: Take): Promise<void> {
  for (const folder of upwards([start])) {
    const project = await readManifest(folder)
    if (project === undefined) continue
    if ('problem' in project) return
    take(project.name, project, false)
    const places = moduleFolders([folder])
    await Promise.all(
      project.dependencies
        .filter((name) => !pluginName.test(bareName(name)))
        .map(async (name) => {
          for (const place of places) if (take(name, await readManifest(join(place, name)), false)) return
        }),
    )
    return
  }
}

/** Names of packages that say themselves that they are plugins, in a `node_modules`. */
async function namesIn(folder: string): Promise<readonly string[]> {
  const entries = await entriesOf(folder)
  const scoped = await Promise.all(
    entries
      .filter((name) => name.startsWith('@'))
      .map(async (scope) => (await entriesOf(join(folder, scope))).map((name) => `${scope}/${name}`)),
  )
  return [...entries, ...scoped.flat()].filter(
    (name) => pluginName.test(bareName(name)) && isPackageName(name),
  )
}

async function entriesOf(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch(() => [])
}

function bareName(name: string): string {
  return name.slice(name.indexOf('/') + 1)
}
