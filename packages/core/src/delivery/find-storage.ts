import type { Host } from '../component/component.ts'
import { StartError } from '../errors/errors.ts'
import type { Storage } from '../storage/storage.ts'

/**
 * Looks up the storage extension of that id.
 *
 * @throws StartError when it is not running or stores nothing.
 */
export function findStorage(host: Host, id: string): Storage {
  const extension = host.extension(id)
  if (extension === undefined)
    throw new StartError('STORAGE_MISSING', `failed to resolve storage "${id}": extension not found`, {
      hint: `Configure the extension "${id}" and list it in service::extensions.`,
    })
  if (extension.storage === undefined)
    throw new StartError('STORAGE_MISSING', `The extension "${id}" is not a storage.`, {
      hint: 'Name an extension such as file_storage.',
    })
  return extension.storage
}
