import { type FileHandle, open } from 'node:fs/promises'

import { type Layout, layoutOf, MessageSplitter, type RawMessage } from './message-splitter.ts'

const blockSize = 262_144
/** Bytes by which a file is recognised that was emptied and written anew. */
const fingerprintSize = 1_024

/** A file that is read as it grows. It is known by what it is and not by its name, so that renaming does no harm. */
export class TrackedFile {
  readonly path: string
  readonly #handle: FileHandle
  readonly #maxMessageSize: number
  #position: number
  #fingerprint: Buffer = Buffer.alloc(0)
  #layout: Layout | undefined
  #splitter: MessageSplitter | undefined

  private constructor(path: string, handle: FileHandle, position: number, maxMessageSize: number) {
    this.path = path
    this.#handle = handle
    this.#position = position
    this.#maxMessageSize = maxMessageSize
  }

  /** Opens the file to read from its beginning or its end. */
  static async open(
    path: string,
    startAt: 'beginning' | 'end',
    maxMessageSize: number,
  ): Promise<TrackedFile> {
    const handle = await open(path, 'r')
    try {
      const position = startAt === 'end' ? (await handle.stat()).size : 0
      return new TrackedFile(path, handle, position, maxMessageSize)
    } catch (error) {
      await handle.close()
      throw error
    }
  }

  /** How messages stand in the file; `undefined` before the first byte and for a file that cannot be read. */
  get layout(): Layout | undefined {
    return this.#layout
  }

  /** A last line that has no end; it may still grow. */
  get unfinishedLine(): Uint8Array | undefined {
    return this.#splitter?.peekLine()
  }

  /** Takes the last line although it has no end; `undefined` when there is none. */
  takeLine(): Uint8Array | undefined {
    return this.#splitter?.takeLine()
  }

  /** Bytes that were read so far. */
  get position(): number {
    return this.#position
  }

  /** Bytes at the end that make no whole message. */
  get pending(): number {
    return this.#splitter?.pending ?? 0
  }

  /**
   * The messages that were added since the last call. Starts over when the file was emptied or written anew. A file that
   * holds neither lines nor frames gives none.
   */
  async *read(): AsyncGenerator<RawMessage> {
    if (await this.#wasReplaced()) this.rewind()
    for (;;) {
      const bytes = await this.#readBlock()
      if (bytes.length === 0) return
      const splitter = await this.#split()
      if (splitter === undefined) return
      yield* splitter.push(bytes)
    }
  }

  /** Reads from the beginning again. */
  rewind(): void {
    this.#position = 0
    this.#fingerprint = Buffer.alloc(0)
    this.#layout = undefined
    this.#splitter = undefined
  }

  async close(): Promise<void> {
    await this.#handle.close()
  }

  /** A larger block after an unfinished message, so that a long one is not copied for every block. */
  async #readBlock(): Promise<Buffer> {
    const block = Buffer.allocUnsafe(Math.max(blockSize, this.pending))
    const { bytesRead } = await this.#handle.read(block, 0, block.length, this.#position)
    this.#position += bytesRead
    return block.subarray(0, bytesRead)
  }

  async #split(): Promise<MessageSplitter | undefined> {
    if (this.#splitter !== undefined) return this.#splitter
    this.#fingerprint = await this.#start(fingerprintSize)
    const first = this.#fingerprint[0]
    this.#layout = first === undefined ? undefined : layoutOf(first)
    this.#splitter = this.#layout && new MessageSplitter(this.#layout, this.#maxMessageSize)
    return this.#splitter
  }

  async #wasReplaced(): Promise<boolean> {
    const { size } = await this.#handle.stat()
    if (size < this.#position) return true
    if (size === this.#position || this.#fingerprint.length === 0) return false
    return !(await this.#start(this.#fingerprint.length)).equals(this.#fingerprint)
  }

  async #start(length: number): Promise<Buffer> {
    const bytes = Buffer.alloc(length)
    const { bytesRead } = await this.#handle.read(bytes, 0, length, 0)
    return bytes.subarray(0, bytesRead)
  }
}
