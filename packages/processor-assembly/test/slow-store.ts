import { MemoryStore } from '../src/store/memory-store.ts'
import type { FragmentStore, KeyRecords, StoredFragment } from '../src/store/store.ts'

/** A store that answers later, as one on disk or across a network does, and now and then cannot store. */
export class SlowStore implements FragmentStore {
  /** Reads so far. */
  reads: number = 0
  /** The next fragments that it refuses to store. */
  failures: number = 0
  readonly #store = new MemoryStore()

  get size(): number {
    return this.#store.size
  }

  async append(slot: number, key: string, fragment: StoredFragment, fingerprint: string): Promise<boolean> {
    if (this.failures > 0) {
      this.failures--
      throw new Error('The disk is full.')
    }
    const fresh = this.#store.append(slot, key, fragment, fingerprint)
    await later()
    return fresh
  }

  share(slot: number, key: string, fragment: StoredFragment, fingerprint: string): Promise<boolean> {
    return this.append(slot, key, fragment, fingerprint)
  }

  async read(slot: number, _key: string): Promise<KeyRecords> {
    this.reads++
    await later()
    return this.#store.read(slot)
  }

  async release(
    slot: number,
    key: string,
    gone: ReadonlySet<number>,
    memory: Buffer | undefined,
  ): Promise<void> {
    this.#store.release(slot, key, gone, memory)
    await later()
  }

  async delete(slot: number, _key: string): Promise<void> {
    this.#store.delete(slot)
    await later()
  }
}

const later = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
