import { constants } from 'node:fs'
import { type FileHandle, mkdir, open } from 'node:fs/promises'
import { dirname } from 'node:path'

import { wholeSize } from './torn-tail.ts'

/** How a file is opened. */
export interface OpenOptions {
  /** Whether what the file holds stays, but for a torn message at its end; else it is emptied. */
  readonly keep: boolean
  /** Whether messages are lines; else their length stands before them. */
  readonly lines: boolean
}

/**
 * A file that holds whole messages only, whatever happens to the process or the disk: messages go into it in one
 * write, and what a failed write left behind is cut off again.
 */
export class AppendFile {
  readonly #handle: FileHandle
  #size: number | undefined
  #torn = false
  #unsynced = false

  private constructor(handle: FileHandle, size: number | undefined) {
    this.#handle = handle
    this.#size = size
  }

  /** Opens or makes the file, and its folders. */
  static async open(path: string, { keep, lines }: OpenOptions): Promise<AppendFile> {
    await mkdir(dirname(path), { recursive: true })
    const { O_APPEND, O_CREAT, O_RDWR, O_TRUNC } = constants
    const handle = await open(path, O_APPEND | O_CREAT | O_RDWR | (keep ? 0 : O_TRUNC))
    try {
      return new AppendFile(handle, await mended(handle, lines))
    } catch (error) {
      await handle.close()
      throw error
    }
  }

  /** Bytes of whole messages in the file; 0 for what only looks like a file, such as a pipe or a terminal. */
  get size(): number {
    return this.#size ?? 0
  }

  /** Adds whole messages. When it rejects, none of them is in the file. One call at a time. */
  async append(messages: Uint8Array): Promise<void> {
    await this.#mend()
    this.#torn = true
    try {
      await this.#write(messages)
    } catch (error) {
      // Where even this fails, the next call tries again before it writes.
      await this.#mend().catch(() => undefined)
      throw error
    }
    this.#torn = false
    this.#unsynced = true
    if (this.#size !== undefined) this.#size += messages.length
  }

  /** Makes sure that what was appended survives a crash of the machine. */
  async sync(): Promise<void> {
    if (!this.#unsynced) return
    this.#unsynced = false
    await this.#handle.datasync()
  }

  async close(): Promise<void> {
    try {
      await this.sync()
    } finally {
      await this.#handle.close()
    }
  }

  // A disk that is about to be full takes a part and refuses the rest.
  async #write(messages: Uint8Array): Promise<void> {
    for (let written = 0; written < messages.length;) {
      const { bytesWritten } = await this.#handle.write(messages, written)
      written += bytesWritten
    }
  }

  /** Cuts off what a failed write left behind. */
  async #mend(): Promise<void> {
    if (!this.#torn) return
    const { size } = await this.#handle.stat()
    // Somebody else may have emptied the file; growing it would fill it with zeros.
    if (this.#size !== undefined && size > this.#size) await this.#handle.truncate(this.#size)
    this.#torn = false
  }
}

/** Cuts off a torn message at the end and gives the size of the rest. A pipe or a terminal has none. */
async function mended(handle: FileHandle, lines: boolean): Promise<number | undefined> {
  const facts = await handle.stat()
  if (!facts.isFile()) return undefined
  const size = await wholeSize(handle, lines)
  if (size < facts.size) await handle.truncate(size)
  return size
}
