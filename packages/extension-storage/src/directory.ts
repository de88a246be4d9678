import { mkdir, open, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

import { StartError } from '@spanloom/core'

export interface DirectoryOptions {
  readonly directory: string
  readonly create: boolean
  /** Permissions of a folder that is made. */
  readonly mode: number
}

/**
 * Makes sure that files can be made in the folder.
 *
 * @throws StartError that names the folder and what is wrong with it.
 */
export async function prepareDirectory({ directory, create, mode }: DirectoryOptions): Promise<void> {
  if (create) await make(directory, mode)
  await demandFolder(directory)
  await demandWritable(directory)
}

async function make(directory: string, mode: number): Promise<void> {
  try {
    await mkdir(directory, { recursive: true, mode })
  } catch (cause) {
    throw new StartError('STORAGE_DIRECTORY', `the directory ${directory} cannot be created`, { cause })
  }
}

async function demandFolder(directory: string): Promise<void> {
  let isFolder = false
  try {
    isFolder = (await stat(directory)).isDirectory()
  } catch (cause) {
    throw new StartError('STORAGE_DIRECTORY', `the directory ${directory} does not exist`, {
      cause,
      hint: 'Create it, or set create_directory to true.',
    })
  }
  if (!isFolder) throw new StartError('STORAGE_DIRECTORY', `${directory} is not a directory`)
}

/** Asking for permissions would not tell of a file system that is mounted read-only; writing does. */
async function demandWritable(directory: string): Promise<void> {
  const probe = join(directory, `.spanloom-${process.pid}.probe`)
  try {
    const file = await open(probe, 'w', 0o600)
    await file.close()
    await rm(probe, { force: true })
  } catch (cause) {
    throw new StartError('STORAGE_DIRECTORY', `the directory ${directory} cannot be written to`, {
      cause,
      hint: 'The user that runs the collector needs permission to create files in it.',
    })
  }
}
