import { statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import type { DatabaseSync, StatementSync } from 'node:sqlite'

import { Ballast } from './ballast.ts'
import { pageSize, pagesOf } from './open-database.ts'
import { integer } from './row.ts'

export interface RoomOptions {
  readonly path: string
  /** Limit of the file's size; 0 = none. */
  readonly maxBytes: number
  /** What must stay free on the disk; 0 = nothing. */
  readonly minFreeBytes: number
  /** Size of the ballast file; 0 = none. */
  readonly ballastBytes: number
}

/** Pages above the limit for what gives room back: an update may need one before a delete frees many. */
const headroomPages = 256

/** A disk with less than this is as good as full. */
const scarceBytes = 256 << 10

/** How much room a file has, by its own limit and on its disk (OUT-06, OUT-07). */
export class DiskRoom {
  readonly #database: DatabaseSync
  readonly #pageCount: StatementSync
  readonly #freePages: StatementSync
  readonly #folder: string
  readonly #maxPages: number
  readonly #minFreeBytes: number
  readonly #ballast: Ballast

  constructor(database: DatabaseSync, options: RoomOptions) {
    const { path, maxBytes, minFreeBytes } = options
    this.#database = database
    this.#pageCount = database.prepare('PRAGMA page_count')
    this.#freePages = database.prepare('PRAGMA freelist_count')
    this.#folder = dirname(path)
    this.#maxPages = maxBytes > 0 ? pagesOf(maxBytes) : 0
    this.#minFreeBytes = minFreeBytes
    this.#ballast = ballastOf(options)
    this.tend()
  }

  get pages(): number {
    return valueOf(this.#pageCount, 'page_count')
  }

  /** Pages that hold nothing. */
  get freePages(): number {
    return valueOf(this.#freePages, 'freelist_count')
  }

  get hasBallast(): boolean {
    return this.#ballast.present
  }

  /**
   * Looks at the room once. The function answers why so many more bytes should not be taken, or `undefined` when they
   * may be.
   */
  measure(): (bytes: number) => string | undefined {
    if (!this.#ballast.present) this.tend()
    const reserve = this.#minFreeBytes + (this.#ballast.present ? 0 : this.#ballast.bytes)
    const diskFree = reserve > 0 ? this.#diskFree() : Infinity
    const maxPages = this.#maxPages
    const fileFree = maxPages > 0 ? (maxPages - this.pages + this.freePages) * pageSize : Infinity
    return (bytes) => {
      if (bytes > fileFree) {
        return `The file has reached its limit of ${maxPages * pageSize} bytes (max_disk).`
      }
      if (diskFree - bytes < reserve) {
        return `The disk has ${diskFree} bytes free, of which ${reserve} must stay free (min_free_disk).`
      }
      return undefined
    }
  }

  /**
   * Makes room for what gives room back: at the first `attempt` above the limit of the file, at the second on the disk.
   * Answers whether that may have helped. `settle` must follow.
   */
  makeRoom(attempt: number): boolean {
    if (attempt === 0) {
      if (this.#maxPages > 0) this.#limit(Math.max(this.#maxPages, this.pages) + headroomPages)
      this.#emptyLog()
      return true
    }
    if (attempt > 1 || !this.#ballast.remove()) return false
    this.#emptyLog()
    return true
  }

  /** Puts the limit of the file back. SQLite keeps it at the size of the file as long as that is larger. */
  settle(): void {
    if (this.#maxPages > 0) this.#limit(this.#maxPages)
  }

  isDiskFull(): boolean {
    return this.#diskFree() < scarceBytes
  }

  /** Makes the ballast if it is missing and leaves enough room. */
  tend(): void {
    const { bytes, present } = this.#ballast
    if (bytes === 0 || present) return
    if (this.#diskFree() >= this.#minFreeBytes + 2 * bytes) this.#ballast.create()
  }

  #limit(pages: number): void {
    this.#database.exec(`PRAGMA max_page_count = ${pages}`)
  }

  /** What the log holds goes into the file, so that the log begins anew in the room that it has. */
  #emptyLog(): void {
    try {
      this.#database.exec('PRAGMA wal_checkpoint(PASSIVE)')
    } catch {
      // A full disk can refuse this, too; the next attempt has more room.
    }
  }

  #diskFree(): number {
    const { bavail, bsize } = statfsSync(this.#folder)
    return bavail * bsize
  }
}

/** The ballast beside a file. */
export function ballastOf({ path, ballastBytes }: Pick<RoomOptions, 'path' | 'ballastBytes'>): Ballast {
  return new Ballast(`${path}.ballast`, ballastBytes)
}

function valueOf(pragma: StatementSync, name: string): number {
  const row = pragma.get()
  return row === undefined ? 0 : integer(row, name)
}
