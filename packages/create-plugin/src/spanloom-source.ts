import { readdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'

import { CreateError } from './create-error.ts'
import { spanloomVersion } from './tool-versions.ts'

/** Where a made package gets `@spanloom/*` from. */
export interface SpanloomSource {
  /** What `package.json` says about a package of Spanloom. */
  specOf(name: string): string
  /** Packages that others depend on and that npm would look for in the registry; `overrides` of `package.json`. */
  readonly overrides: Readonly<Record<string, string>>
}

/** The registry, by a range of versions; without one the version that this program belongs to. */
export function registrySource(range: string = `^${spanloomVersion}`): SpanloomSource {
  return { specOf: () => range, overrides: {} }
}

/**
 * What `--spanloom` names: a version or range, or a folder with packed packages, such as those of a version that is not
 * published.
 *
 * @throws CreateError when it is neither.
 */
export async function spanloomSource(text: string, cwd: string): Promise<SpanloomSource> {
  if (/^[~^]?\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(text) || /^(?:latest|next)$/.test(text))
    return registrySource(text)
  const files = await packedIn(resolve(cwd, text))
  return {
    specOf(name) {
      const file = files[name]
      if (file !== undefined) return file
      throw new CreateError(
        `The folder ${text} has no packed ${name}. Pack it there: pnpm pack --pack-destination ${text}`,
      )
    },
    overrides: files,
  }
}

/** Specifications of the packages of Spanloom in a folder, by name. */
async function packedIn(folder: string): Promise<Readonly<Record<string, string>>> {
  const entries = await readdir(folder).catch(() => {
    throw new CreateError(
      `There is no folder ${folder}, and it is no version. Name a version such as ${spanloomVersion}, or a folder of packed packages.`,
    )
  })
  const packed = entries.flatMap((entry) => {
    const [, name, own] =
      /^(spanloom-([a-z][a-z-]*)|create-spanloom-plugin)-\d+\.\d+\.\d+.*\.tgz$/.exec(entry) ?? []
    if (name === undefined) return []
    return [[own === undefined ? name : `@spanloom/${own}`, `file:${join(folder, entry)}`] as const]
  })
  return Object.fromEntries(packed.toSorted(([one], [other]) => (one < other ? -1 : 1)))
}
