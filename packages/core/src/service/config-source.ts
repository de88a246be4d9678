import { createHash } from 'node:crypto'

import type { Clock, Timer } from '../clock/clock.ts'
import type { CollectorConfig } from '../config/collector-config.ts'
import { loadConfig } from '../config/load-config.ts'
import type { LoadOptions } from '../config/load-options.ts'

/** How often the files are looked at. */
const everyMs = 500

/** What is known of a file: a digest of its bytes, or that it cannot be read. */
type Print = string

/** A configuration that can be loaded again and again from the same sources with the same flags (RLD-01). */
export class ConfigSource {
  readonly #options: LoadOptions
  /** Files that the last loading read or tried, as they were then. */
  #read = new Map<string, Print>()

  constructor(options: LoadOptions) {
    this.#options = options
  }

  /** @throws ConfigError with all faults. */
  async load(): Promise<CollectorConfig> {
    const read = new Map<string, Print>()
    this.#read = read
    return loadConfig({
      ...this.#options,
      readFile: async (path) => {
        try {
          const bytes = await this.#options.readFile(path)
          read.set(path, digest(bytes))
          return bytes
        } catch (error) {
          read.set(path, unreadable)
          throw error
        }
      },
    })
  }

  /**
   * Calls `changed` when a file that the last loading read or tried has other content, also if that loading failed.
   * Returns a function that ends it.
   *
   * Contents are compared, at intervals: that works with editors that replace files, with links that are moved, and
   * on file systems that tell nobody. A change counts once two looks in a row see the same, so that no file is read
   * while it is being written.
   */
  watch(changed: () => void, clock: Clock): () => void {
    let ended = false
    let timer: Timer | undefined
    let seen = ''
    const look = async (): Promise<void> => {
      const known = this.#read
      const now = await this.#prints([...known.keys()])
      if (ended) return
      const picture = JSON.stringify([...now])
      const differs = known === this.#read && picture !== JSON.stringify([...known])
      if (differs && picture === seen) {
        // Told once: what was seen now is what the next change is compared with, whatever becomes of the reload.
        this.#read = now
        changed()
      }
      seen = differs ? picture : ''
      again()
    }
    const again = (): void => void (timer = clock.schedule(everyMs, () => void look()))
    again()
    return () => {
      ended = true
      timer?.cancel()
    }
  }

  async #prints(paths: readonly string[]): Promise<Map<string, Print>> {
    const prints = await Promise.all(paths.map(async (path) => [path, await this.#print(path)] as const))
    return new Map(prints)
  }

  async #print(path: string): Promise<Print> {
    try {
      return digest(await this.#options.readFile(path))
    } catch {
      return unreadable
    }
  }
}

const unreadable: Print = 'unreadable'

function digest(bytes: Uint8Array): Print {
  return createHash('sha256').update(bytes).digest('base64')
}
