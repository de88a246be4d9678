import { entryOf, type RegistryEntry } from '@spanloom/core'

import { loadModule } from './load-module.ts'
import { hasChanged } from './loaded-code.ts'
import { allFactories } from './pick-factory.ts'
import { PluginError } from './plugin-error.ts'

/**
 * The components of a file, which is loaded. `shown` is how messages call it.
 *
 * @throws PluginError when it cannot be used.
 */
export async function loadLocalFile(
  file: string,
  shown: string,
  readFile: (path: string) => Promise<Uint8Array>,
): Promise<readonly RegistryEntry[]> {
  const changed = hasChanged(file, await contentOf(file, readFile))
  try {
    return allFactories(loadModule(file)).map((factory) => ({
      ...entryOf(factory, shown, ''),
      origin: shown,
      isStale: () => changed,
    }))
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
