import { createHash } from 'node:crypto'

import { entryOf, type RegistryEntry } from '@spanloom/core'

import { loadModule } from './load-module.ts'
import { allFactories } from './pick-factory.ts'
import { PluginError } from './plugin-error.ts'

/** What a file had in it when its code was loaded. Node.js loads a file once for each process, and so is this. */
const loadedAs = new Map<string, string>()

/** The components of one file. */
export interface LocalPlugin {
  readonly entries: readonly RegistryEntry[]
  /** Whether the file has changed since its code was loaded; the code that runs is that of then. */
  readonly changed: boolean
}

/**
 * Loads a file that exports components. `shown` is how messages call it.
 *
 * @throws PluginError when it cannot be used.
 */
export async function loadLocalFile(
  file: string,
  shown: string,
  readFile: (path: string) => Promise<Uint8Array>,
): Promise<LocalPlugin> {
  const digest = createHash('sha256')
    .update(await contentOf(file, readFile))
    .digest('base64')
  const before = loadedAs.get(file) ?? digest
  loadedAs.set(file, before)
  const changed = before !== digest
  try {
    const factories = allFactories(loadModule(file))
    const entries = factories.map((factory) => ({ ...entryOf(factory, shown, ''), origin: shown }))
    return { entries, changed }
  } catch (error) {
    if (!changed || !(error instanceof PluginError)) throw error
    // The code is still the one that failed, whatever is in the file now.
    throw new PluginError(`${error.message}; the file has changed since`, 'Restart to load it again.', {
      cause: error,
    })
  }
}

async function contentOf(file: string, readFile: (path: string) => Promise<Uint8Array>): Promise<Uint8Array> {
  try {
    return await readFile(file)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    const what = code === 'ENOENT' ? 'there is no such file' : `the file cannot be read (${String(code)})`
    throw new PluginError(what, `It is looked for at ${file}.`, { cause: error })
  }
}
