import { type FileHandle, open, readFile, stat } from 'node:fs/promises'

/** A piece of a file: the JSON text of a line or of the whole, or a mark that it was too large to be read. */
export type Piece = { readonly text: string; readonly line: number } | 'too_large'

/** How events stand in a file: as one document, or as one document in each line. */
export type FileFormat = 'document' | 'lines'

/** What reading a file may do. */
export interface EventFileOptions {
  /** Absent: a file whose first line is a document of its own has lines. */
  readonly format: FileFormat | undefined
  /** Bytes of a line. */
  readonly maxLineSize: number
  /** Whether the file may still grow, so that what is unfinished has to wait. */
  readonly follow: boolean
}

/** Largest file that is read as one document. */
const maxDocumentSize = 67_108_864
const blockSize = 262_144
const newline = 10

interface State {
  readonly ino: number
  readonly size: number
  readonly mtimeMs: number
}

/** A file of events, read once or as it grows. */
export class EventFile {
  readonly path: string
  readonly #options: EventFileOptions
  #seen: State | undefined
  #read: State | undefined
  #offset = 0
  #line = 0

  constructor(path: string, options: EventFileOptions) {
    this.path = path
    this.#options = options
  }

  /** When the file was last written, in milliseconds since 1970; 0 before it was read. */
  get modifiedMs(): number {
    return this.#seen?.mtimeMs ?? 0
  }

  /** Counts what the file holds now as read. */
  async skip(): Promise<void> {
    const state = await this.#look()
    this.#read = state
    this.#offset = state.size
  }

  /** The pieces that are new since the last call. Rejects when the file cannot be read. */
  async *read(): AsyncGenerator<Piece> {
    const before = this.#seen
    const state = await this.#look()
    if (isSame(state, this.#read)) return
    // Somebody may be writing still; a document is read when it has stood still for a round.
    const resting = !this.#options.follow || isSame(state, before)
    const handle = await open(this.path, 'r')
    try {
      const format = await this.#format(handle)
      if (format === 'lines') {
        yield* this.#readLines(handle, state)
        this.#read = state
      } else if (resting) {
        this.#read = state
        yield state.size > maxDocumentSize ? 'too_large' : { text: await readFile(handle, 'utf8'), line: 1 }
      }
    } finally {
      await handle.close()
    }
  }

  async #look(): Promise<State> {
    const { ino, size, mtimeMs } = await stat(this.path)
    const replaced = this.#seen !== undefined && (ino !== this.#seen.ino || size < this.#offset)
    if (replaced) {
      this.#offset = 0
      this.#line = 0
    }
    this.#seen = { ino, size, mtimeMs }
    return this.#seen
  }

  async #format(handle: FileHandle): Promise<FileFormat> {
    const { format, maxLineSize } = this.#options
    if (format !== undefined) return format
    const head = Buffer.alloc(maxLineSize + 1)
    const { bytesRead } = await handle.read(head, 0, head.length, 0)
    const end = head.subarray(0, bytesRead).indexOf(newline)
    return end >= 0 && isJson(head.toString('utf8', 0, end)) ? 'lines' : 'document'
  }

  async *#readLines(handle: FileHandle, { size }: State): AsyncGenerator<Piece> {
    const { maxLineSize, follow } = this.#options
    let rest = Buffer.alloc(0)
    let skipping = false
    for (let position = this.#offset; position < size;) {
      const block = Buffer.allocUnsafe(Math.max(blockSize, rest.length))
      const { bytesRead } = await handle.read(block, 0, block.length, position)
      if (bytesRead === 0) break
      position += bytesRead
      rest = Buffer.concat([rest, block.subarray(0, bytesRead)])
      for (let end = rest.indexOf(newline); end >= 0; end = rest.indexOf(newline)) {
        const piece = this.#piece(rest.subarray(0, end), skipping)
        rest = rest.subarray(end + 1)
        skipping = false
        this.#offset = position - rest.length
        if (piece !== undefined) yield piece
      }
      if (rest.length > maxLineSize) {
        skipping = true
        rest = Buffer.alloc(0)
      }
    }
    if (follow || (rest.length === 0 && !skipping)) return
    this.#offset = size
    const piece = this.#piece(rest, skipping)
    if (piece !== undefined) yield piece
  }

  /** A whole line; blank ones are none. */
  #piece(line: Buffer, skipped: boolean): Piece | undefined {
    this.#line += 1
    if (skipped || line.length > this.#options.maxLineSize) return 'too_large'
    const text = line.toString('utf8')
    return text.trim() === '' ? undefined : { text, line: this.#line }
  }
}

function isSame(a: State, b: State | undefined): boolean {
  return b !== undefined && a.ino === b.ino && a.size === b.size && a.mtimeMs === b.mtimeMs
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
