import { resolve } from 'node:path'

import { CreateError } from './create-error.ts'
import { packageFiles } from './package-files.ts'
import { namesOf, type PluginKind, type PluginNames } from './plugin-names.ts'
import type { License } from './rights.ts'
import { registrySource, spanloomSource } from './spanloom-source.ts'
import { demandEmptyFolder, writeFiles } from './write-files.ts'

/** What an author chooses. */
export interface PluginChoices {
  /** Such as `acme` or `acme-shop`; becomes the type of the component and a part of the package's name. */
  readonly name: string
  readonly kind: PluginKind
  /** Default `MIT`. */
  readonly license?: License | undefined
  /** npm scope, such as `@acme`. Default: none. */
  readonly scope?: string | undefined
  /** Where the files go. Default: a new folder with the name of the package, without its scope. */
  readonly directory?: string | undefined
  /** Version of Spanloom, or a folder of packed packages. Default: the version that this program belongs to. */
  readonly spanloom?: string | undefined
}

/** What an author has chosen so far. */
export type IncompleteChoices = {
  readonly [Choice in keyof PluginChoices]?: PluginChoices[Choice] | undefined
}

/** What creating depends on, beside the choices. */
export interface CreateContext {
  /** The current folder. */
  readonly cwd: string
  /** Milliseconds since 1970. */
  readonly now: number
  /** Types of this kind that are built in, which a plugin cannot have. Default: none are known. */
  readonly builtIn?: ((kind: PluginKind) => readonly string[]) | undefined
}

/** What was made. */
export interface CreatedPlugin {
  readonly names: PluginNames
  /** Absolute path. */
  readonly folder: string
  readonly fileCount: number
}

/**
 * Makes a package with one component that passes its own tests.
 *
 * @throws CreateError when a choice cannot be used, or the folder is not empty; then nothing was written.
 */
export async function createPlugin(
  choices: PluginChoices,
  { cwd, now, builtIn }: CreateContext,
): Promise<CreatedPlugin> {
  const names = namesOf(choices.name, choices.kind, choices.scope)
  if (builtIn?.(names.kind).includes(names.type))
    throw new CreateError(`The ${names.kind} "${names.type}" is built in. Choose another name.`)
  const { license = 'MIT' } = choices
  const spanloom =
    choices.spanloom === undefined ? registrySource() : await spanloomSource(choices.spanloom, cwd)
  const folder = resolve(cwd, choices.directory ?? names.folder)
  await demandEmptyFolder(folder)
  const files = packageFiles({ names, license, spanloom, year: new Date(now).getUTCFullYear() })
  await writeFiles(folder, files)
  return { names, folder, fileCount: Object.keys(files).length }
}
