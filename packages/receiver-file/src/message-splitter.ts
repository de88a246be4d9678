/** What stands in a file: lines of text, or messages that each have their length before them. */
export type Layout = 'lines' | 'frames'

/** A message as it stands in its file, or a mark that one was left out because it was too large. */
export type RawMessage = Uint8Array | 'too_large'

/**
 * The layout of a file, told by its first byte: a length of four bytes begins with a small number, and text does not.
 * `undefined` for what is neither, such as a file that was compressed as a whole.
 */
export function layoutOf(firstByte: number): Layout | undefined {
  if (firstByte < 9) return 'frames'
  return textStarts.has(firstByte) ? 'lines' : undefined
}

/** `{`, white space and the byte order mark. */
const textStarts: ReadonlySet<number> = new Set([0x7b, 0x09, 0x0a, 0x0d, 0x20, 0xef])
const newline = 10
const lengthSize = 4

/** Cuts a growing stream of bytes into messages. Holds at most one unfinished message, bounded by `maxSize`. */
export class MessageSplitter {
  readonly #layout: Layout
  readonly #maxSize: number
  #rest: Buffer = Buffer.alloc(0)
  /** Bytes at the start of the rest that were searched already. */
  #searched = 0
  #skipping = false
  #skipBytes = 0

  constructor(layout: Layout, maxSize: number) {
    this.#layout = layout
    this.#maxSize = maxSize
  }

  /** Bytes of the unfinished message. */
  get pending(): number {
    return this.#rest.length
  }

  /** The messages that these bytes complete, as views of them. */
  *push(bytes: Buffer): Generator<RawMessage> {
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes])
    let message = this.#next()
    while (message !== undefined) {
      yield message
      message = this.#next()
    }
  }

  /** The unfinished line, which is finished thereby; `undefined` when there is none. */
  takeLine(): Uint8Array | undefined {
    if (this.#layout !== 'lines' || this.#skipping || this.#rest.length === 0) return undefined
    const line = this.#rest
    this.#rest = Buffer.alloc(0)
    this.#searched = 0
    return line
  }

  /** The unfinished line without finishing it. */
  peekLine(): Uint8Array | undefined {
    return this.#layout === 'lines' && !this.#skipping && this.#rest.length > 0 ? this.#rest : undefined
  }

  #next(): RawMessage | undefined {
    return this.#layout === 'lines' ? this.#nextLine() : this.#nextFrame()
  }

  #nextLine(): RawMessage | undefined {
    const end = this.#rest.indexOf(newline, this.#searched)
    if (end < 0) return this.#unfinishedLine()
    const line = this.#rest.subarray(0, end)
    this.#rest = this.#rest.subarray(end + 1)
    this.#searched = 0
    const skipped = this.#skipping
    this.#skipping = false
    if (skipped) return this.#nextLine()
    return line.length > this.#maxSize ? 'too_large' : line
  }

  #unfinishedLine(): RawMessage | undefined {
    this.#searched = this.#rest.length
    if (!this.#skipping && this.#rest.length <= this.#maxSize) return undefined
    const first = !this.#skipping
    this.#skipping = true
    this.#rest = Buffer.alloc(0)
    this.#searched = 0
    return first ? 'too_large' : undefined
  }

  #nextFrame(): RawMessage | undefined {
    if (this.#skipBytes > 0) {
      const skipped = Math.min(this.#skipBytes, this.#rest.length)
      this.#skipBytes -= skipped
      this.#rest = this.#rest.subarray(skipped)
    }
    if (this.#skipBytes > 0 || this.#rest.length < lengthSize) return undefined
    const length = this.#rest.readUInt32BE()
    if (length > this.#maxSize) {
      this.#skipBytes = length
      this.#rest = this.#rest.subarray(lengthSize)
      return 'too_large'
    }
    if (this.#rest.length < lengthSize + length) return undefined
    const message = this.#rest.subarray(lengthSize, lengthSize + length)
    this.#rest = this.#rest.subarray(lengthSize + length)
    return message
  }
}
