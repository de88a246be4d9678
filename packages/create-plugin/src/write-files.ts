import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

import { CreateError } from './create-error.ts'

/** Texts of files by their paths, which are relative and use `/`. */
export type FileTexts = Readonly<Record<string, string>>

/** What may lie in a folder that counts as empty. */
const harmless: ReadonlySet<string> = new Set(['.git', '.DS_Store'])

/**
 * Fails unless `folder` is empty or does not exist.
 *
 * @throws CreateError that names the folder.
 */
export async function demandEmptyFolder(folder: string): Promise<void> {
  const found = await entriesOf(folder)
  if (found.every((name) => harmless.has(name))) return
  throw new CreateError(
    `The folder ${folder} is not empty. Choose another one with --directory, or empty it.`,
  )
}

/** Writes the files into `folder`; none of them replaces another. */
export async function writeFiles(folder: string, files: FileTexts): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    const file = join(folder, path)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, text, { flag: 'wx' })
  }
}

async function entriesOf(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT') return []
    if (code === 'ENOTDIR') throw new CreateError(`${folder} is a file. Choose a folder with --directory.`)
    throw error
  }
}
