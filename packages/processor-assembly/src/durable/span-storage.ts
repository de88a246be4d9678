import {
  type AppendStore,
  findStorage,
  type Host,
  type OwnerStorage,
  type StorageOwner,
} from '@spanloom/core'

import { DurableStore, type DurableStoreOptions } from './durable-store.ts'

/** What the storage of one processor is opened with. */
export interface SpanStorageOptions extends DurableStoreOptions {
  /** Id of the extension. */
  readonly extension: string
  readonly owner: StorageOwner
}

/** The open spans of one processor on disk, from its start to its shutdown. */
export class SpanStorage {
  readonly store: DurableStore
  readonly #options: SpanStorageOptions
  #file: OwnerStorage | undefined

  constructor(options: SpanStorageOptions) {
    this.#options = options
    this.store = new DurableStore(options)
  }

  /** @throws StartError when there is no such storage, or its file cannot be used. */
  async open(host: Host): Promise<AppendStore> {
    const { extension, owner } = this.#options
    this.#file = await findStorage(host, extension).open(owner)
    return this.#file.fragments
  }

  /**
   * Writes what is not on disk, and closes the file.
   *
   * @throws RetryableError when not everything could be written; what is on disk is safe
   */
  async close(): Promise<void> {
    const file = this.#file
    if (file === undefined) return
    this.#file = undefined
    try {
      await this.store.close()
    } finally {
      await file.close()
    }
  }
}
