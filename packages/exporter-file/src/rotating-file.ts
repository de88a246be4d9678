import type { Clock } from '@spanloom/core'

import { AppendFile, type OpenOptions } from './append-file.ts'
import { prune, type RotationSettings, setAside } from './backups.ts'

const megabyte = 1_048_576

/** A file that is set aside when it has grown large, so that a new one begins under its name. */
export class RotatingFile {
  readonly #path: string
  readonly #lines: boolean
  readonly #rotation: RotationSettings | undefined
  readonly #clock: Clock
  #file: AppendFile | undefined

  private constructor(path: string, lines: boolean, rotation: RotationSettings | undefined, clock: Clock) {
    this.#path = path
    this.#lines = lines
    this.#rotation = rotation
    this.#clock = clock
  }

  static async open(
    path: string,
    options: OpenOptions,
    rotation: RotationSettings | undefined,
    clock: Clock,
  ): Promise<RotatingFile> {
    const rotating = new RotatingFile(path, options.lines, rotation, clock)
    rotating.#file = await AppendFile.open(path, options)
    if (rotation !== undefined) await prune(path, clock.now(), rotation)
    return rotating
  }

  /** Adds whole messages. When it rejects, none of them is in the file. One call at a time. */
  async append(messages: Uint8Array): Promise<void> {
    const file = await this.#fileFor(messages.length)
    await file.append(messages)
  }

  async sync(): Promise<void> {
    await this.#file?.sync()
  }

  async close(): Promise<void> {
    const file = this.#file
    this.#file = undefined
    await file?.close()
  }

  async #fileFor(length: number): Promise<AppendFile> {
    const rotation = this.#rotation
    const file = this.#file
    // A file that could not be reopened after it was set aside is tried again here.
    if (file === undefined) return this.#reopen()
    if (rotation === undefined || file.size === 0) return file
    if (file.size + length <= rotation.max_megabytes * megabyte) return file
    this.#file = undefined
    await file.close()
    await setAside(this.#path, this.#clock.now(), rotation.localtime)
    const fresh = await this.#reopen()
    // Old files that cannot be removed are no reason to refuse new data.
    await prune(this.#path, this.#clock.now(), rotation).catch(() => undefined)
    return fresh
  }

  async #reopen(): Promise<AppendFile> {
    this.#file = await AppendFile.open(this.#path, { keep: true, lines: this.#lines })
    return this.#file
  }
}
