import { readFile, realpath, stat } from 'node:fs/promises'
import { join } from 'node:path'

import { messageOf, parseJson } from '@spanloom/core'

/** What matters of a `package.json`. */
export interface Manifest {
  /** The package's folder without symbolic links. */
  readonly folder: string
  readonly name: string
  readonly version: string
  /** Its `spanloom` section; `undefined` when it has none. */
  readonly marker: unknown
  /** Whether it says with `exports` what others may import. */
  readonly hasExports: boolean
  /** Names of the packages that it asks for itself. */
  readonly dependencies: readonly string[]
}

/** A `package.json` that cannot be used, and why. */
export interface UnreadableManifest {
  readonly folder: string
  readonly problem: string
}

/** Larger ones are not read; those of real packages are a hundredth of it. */
const longestManifest = 262_144
const mostDependencies = 500

const namePattern = /^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/i

/** Whether a text can be the name of an npm package, and thereby no path that leads elsewhere. */
export function isPackageName(text: string): boolean {
  return text.length <= 214 && namePattern.test(text)
}

/** Reads the `package.json` of a folder; `undefined` when there is none. */
export async function readManifest(folder: string): Promise<Manifest | UnreadableManifest | undefined> {
  const file = join(folder, 'package.json')
  try {
    const { size } = await stat(file).then((found) => (found.isFile() ? found : Promise.reject(noFile())))
    if (size > longestManifest) {
      return { folder, problem: `its package.json is larger than ${longestManifest} bytes` }
    }
    const content = contentOf(await readFile(file))
    if (content === undefined) return { folder, problem: 'its package.json is not valid JSON' }
    return manifestOf(await realpath(folder), content)
  } catch (error) {
    if (isAbsent(error)) return undefined
    return { folder, problem: `its package.json cannot be read: ${messageOf(error)}` }
  }
}

function contentOf(bytes: Uint8Array): unknown {
  try {
    return parseJson(bytes)
  } catch {
    return undefined
  }
}

function manifestOf(folder: string, content: unknown): Manifest | UnreadableManifest {
  const name = own(content, 'name')
  if (typeof name !== 'string' || !isPackageName(name)) {
    return { folder, problem: 'its package.json has no valid name' }
  }
  const version = own(content, 'version')
  const sections = ['dependencies', 'devDependencies', 'optionalDependencies']
  const dependencies = new Set(sections.flatMap((section) => Object.keys(asObject(own(content, section)))))
  return {
    folder,
    name,
    version: typeof version === 'string' ? version.slice(0, 64) : '',
    marker: own(content, 'spanloom'),
    hasExports: own(content, 'exports') !== undefined,
    dependencies: [...dependencies].filter(isPackageName).slice(0, mostDependencies),
  }
}

function own(value: unknown, key: string): unknown {
  return Object.entries(asObject(value)).find(([name]) => name === key)?.[1]
}

function asObject(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {}
}

function noFile(): Error {
  return Object.assign(new Error('It is no file.'), { code: 'ENOENT' })
}

function isAbsent(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')
}
