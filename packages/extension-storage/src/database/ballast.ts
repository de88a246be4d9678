import { randomFillSync } from 'node:crypto'
import { closeSync, openSync, rmSync, statSync, writeSync } from 'node:fs'

const stepBytes = 1 << 20

/**
 * A file that only takes room. On a full disk not even removing records works, because SQLite's log needs room for
 * it; giving the ballast up makes that room (OUT-07).
 */
export class Ballast {
  readonly #path: string
  /** Its size when it is there; 0 = never make one. */
  readonly bytes: number
  #present: boolean

  constructor(path: string, bytes: number) {
    this.#path = path
    this.bytes = bytes
    this.#present = sizeOf(path) === bytes && bytes > 0
  }

  get present(): boolean {
    return this.#present
  }

  /** Answers whether it took room before. */
  remove(): boolean {
    const had = sizeOf(this.#path) > 0
    rmSync(this.#path, { force: true })
    this.#present = false
    return had
  }

  /** Fills it with noise, so that no file system can store it in less room. Leaves nothing when that fails. */
  create(): void {
    if (this.bytes === 0) return
    try {
      const file = openSync(this.#path, 'w', 0o600)
      try {
        const noise = Buffer.alloc(Math.min(stepBytes, this.bytes))
        for (let left = this.bytes; left > 0;) {
          randomFillSync(noise)
          left -= writeSync(file, noise, 0, Math.min(left, noise.length))
        }
      } finally {
        closeSync(file)
      }
      this.#present = true
    } catch {
      // The disk filled up meanwhile. There is no ballast, and so nothing that takes room is accepted.
      this.remove()
    }
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}
