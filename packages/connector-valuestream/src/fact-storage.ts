import {
  findStorage,
  type Host,
  type IndexEntry,
  messageOf,
  type OwnerStorage,
  StartError,
  type StorageOwner,
} from '@spanloom/core'

import { decodeText, encodeText, type Fact } from './fact.ts'
import type { Change } from './newest.ts'

const prefix = 'fact/'

/** The remembered facts on disk, from the start of the connector to its shutdown. */
export class FactStorage {
  readonly #extension: string
  readonly #owner: StorageOwner
  #file: OwnerStorage | undefined
  /** What the disk does not have yet: a fact, or `undefined` for one that is to go. */
  readonly #unwritten = new Map<string, Fact | undefined>()

  constructor(extension: string, owner: StorageOwner) {
    this.#extension = extension
    this.#owner = owner
  }

  /**
   * Opens the file and answers what is in it; entries that cannot be read are left out.
   *
   * @throws StartError when there is no such storage, or its file cannot be used.
   */
  async open(host: Host): Promise<readonly Fact[]> {
    const file = await findStorage(host, this.#extension).open(this.#owner)
    try {
      const facts: Fact[] = []
      for await (const page of file.index.entries(prefix))
        for (const { value } of page) {
          const fact = decodeText(Buffer.from(value).toString('utf8'))
          if (fact !== undefined) facts.push(fact)
        }
      this.#file = file
      return facts
    } catch (cause) {
      await file.close().catch(() => undefined)
      throw new StartError('STORAGE_FAILED', `what is remembered cannot be read: ${messageOf(cause)}`, {
        cause,
      })
    }
  }

  /** Notes what has to be written. */
  note({ kept, evicted }: Change): void {
    if (evicted !== undefined) this.#unwritten.set(keyOf(evicted), undefined)
    if (kept !== undefined) this.#unwritten.set(keyOf(kept), kept)
  }

  /**
   * Writes what is noted; resolves when it is on disk.
   *
   * @throws RetryableError when the disk does not take it; it stays noted
   */
  async write(): Promise<void> {
    const file = this.#file
    if (file === undefined || this.#unwritten.size === 0) return
    const notes = [...this.#unwritten]
    this.#unwritten.clear()
    const put: IndexEntry[] = []
    const gone: string[] = []
    for (const [key, fact] of notes)
      if (fact === undefined) gone.push(key)
      else put.push({ key, value: Buffer.from(encodeText(fact)) })
    try {
      await Promise.all([
        put.length === 0 ? undefined : file.index.put(put),
        gone.length === 0 ? undefined : file.index.delete(gone),
      ])
    } catch (error) {
      for (const [key, fact] of notes) if (!this.#unwritten.has(key)) this.#unwritten.set(key, fact)
      throw error
    }
  }

  /** Closes the file; safe to call twice. */
  async close(): Promise<void> {
    const file = this.#file
    this.#file = undefined
    await file?.close()
  }
}

const keyOf = ({ kind, id }: Fact): string => `${prefix}${kind}/${id}`
