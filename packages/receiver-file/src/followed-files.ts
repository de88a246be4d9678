import { stat } from 'node:fs/promises'

import type { Clock, Traces } from '@spanloom/core'
import { glob } from 'tinyglobby'

import { decodeMessage } from './decode-message.ts'
import type { Layout, RawMessage } from './message-splitter.ts'
import type { ReadReport } from './read-report.ts'
import { TrackedFile } from './tracked-file.ts'

/** Which files are read, and how. */
export interface ReadSettings {
  readonly include: readonly string[]
  readonly exclude: readonly string[]
  /** Where reading begins in files that are there at the first round; later ones are new from their beginning. */
  readonly startAt: 'beginning' | 'end'
  /** Bytes of a message, before and after decompression. */
  readonly maxMessageSize: number
}

/** What reading needs from outside. */
export interface ReadOptions {
  readonly report: ReadReport
  readonly clock: Clock
  /** Takes responsibility for a batch; reading waits for it. */
  readonly take: (traces: Traces) => Promise<void>
}

/** How long a last line without an end has to stand still before it counts as whole. */
const lineRestMs = 500

interface Followed {
  readonly file: TrackedFile
  readonly id: string
  /** When the file last changed, in milliseconds of `Clock.monotonic`. */
  changedAt: number
  /** Whether it was said already that the file holds something else. */
  foreign: boolean
}

/** The files that match some patterns, as they come, grow, are renamed and go. */
export class FollowedFiles {
  readonly #settings: ReadSettings
  readonly #options: ReadOptions
  /** By device and inode, which a file keeps when it is renamed. */
  readonly #files = new Map<string, Followed>()
  #firstRound = true

  constructor(settings: ReadSettings, options: ReadOptions) {
    this.#settings = settings
    this.#options = options
  }

  /** Reads everything that is new. Rejects only with what `take` rejects with. */
  async round(): Promise<void> {
    const present = await this.#find()
    for (const [id, path] of present) if (!this.#files.has(id)) await this.#add(id, path)
    if (this.#firstRound && present.size === 0) this.#options.report.nothing(this.#settings.include)
    this.#firstRound = false
    for (const followed of this.#files.values()) {
      const grew = await this.#readNew(followed)
      // A file that was renamed away may still be written to for a moment, so it goes only when it stands still.
      if (!grew && !present.has(followed.id)) await this.#forget(followed)
    }
  }

  /** Takes the last line of each file although it has no end. */
  async finish(): Promise<void> {
    for (const { file, foreign } of this.#files.values()) {
      const line = file.takeLine()
      if (line !== undefined) await this.#take(file.path, line, 'lines')
      else if (file.pending > 0 && !foreign) this.#options.report.broken(file.path, 'torn')
    }
  }

  /** Reads all files from their beginning in the next round. */
  rewind(): void {
    for (const { file } of this.#files.values()) file.rewind()
  }

  /** Files that are open. */
  get count(): number {
    return this.#files.size
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const followed of this.#files.values()) await this.#forget(followed)
  }

  /** Paths by device and inode, in the order of their names. */
  async #find(): Promise<ReadonlyMap<string, string>> {
    const { include, exclude } = this.#settings
    const paths = await glob([...include], {
      ignore: [...exclude],
      absolute: true,
      expandDirectories: false,
      dot: true,
    })
    const found = new Map<string, string>()
    for (const path of paths.toSorted()) {
      const facts = await stat(path, { bigint: true }).catch(() => undefined)
      const id = facts && `${facts.dev}:${facts.ino}`
      if (id !== undefined && !found.has(id)) found.set(id, path)
    }
    return found
  }

  async #add(id: string, path: string): Promise<void> {
    const startAt = this.#firstRound ? this.#settings.startAt : 'beginning'
    try {
      const file = await TrackedFile.open(path, startAt, this.#settings.maxMessageSize)
      this.#files.set(id, { file, id, changedAt: this.#options.clock.monotonic(), foreign: false })
    } catch (error) {
      this.#options.report.broken(path, 'unreadable', error)
    }
  }

  async #forget({ id, file }: Followed): Promise<void> {
    this.#files.delete(id)
    await file.close()
  }

  async #readNew(followed: Followed): Promise<boolean> {
    const { file } = followed
    const now = this.#options.clock.monotonic()
    const before = file.position
    for await (const message of file.read()) {
      if (file.layout !== undefined) await this.#take(file.path, message, file.layout)
    }
    if (file.position > 0 && file.layout === undefined && !followed.foreign) {
      followed.foreign = true
      this.#options.report.broken(file.path, 'unknown_format')
    }
    if (file.position !== before) {
      followed.changedAt = now
      return true
    }
    if (now - followed.changedAt >= lineRestMs) await this.#takeResting(file)
    return false
  }

  /** A last line without an end is taken when it is whole all the same, as files have it that were made by hand. */
  async #takeResting(file: TrackedFile): Promise<void> {
    const line = file.unfinishedLine
    if (line === undefined) return
    const traces = await decodeMessage(line, 'lines', this.#settings.maxMessageSize).catch(() => undefined)
    if (traces === undefined) return
    file.takeLine()
    if (traces.spanCount > 0) await this.#options.take(traces)
  }

  async #take(path: string, message: RawMessage, layout: Layout): Promise<void> {
    const traces = await this.#decode(path, message, layout)
    // What holds no spans is nobody's business (CMP-06).
    if (traces !== undefined && traces.spanCount > 0) await this.#options.take(traces)
  }

  async #decode(path: string, message: RawMessage, layout: Layout): Promise<Traces | undefined> {
    const { report } = this.#options
    if (message === 'too_large') {
      report.broken(path, 'too_large')
      return undefined
    }
    try {
      return await decodeMessage(message, layout, this.#settings.maxMessageSize)
    } catch (error) {
      report.broken(path, 'undecodable', error)
      return undefined
    }
  }
}
