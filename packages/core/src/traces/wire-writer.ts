import { copyRange, writeDouble, writeUint64, writeVarint } from './wire.ts'

const initialSize = 64 * 1024
const largestPooled = 4 * 1024 * 1024
const pool: Buffer[] = []
const nothing = Buffer.alloc(0)

/**
 * Writes protobuf fields one after the other into a growing buffer.
 *
 * The buffer comes from a pool: take what you need with {@link WireWriter.take} and then call
 * {@link WireWriter.release}. Sub-messages are opened and closed; their length is put in afterwards.
 */
export class WireWriter {
  /** Where the next byte goes; the bytes before it are written. */
  position: number = 0
  #buffer: Buffer

  constructor() {
    this.#buffer = pool.pop() ?? Buffer.allocUnsafeSlow(initialSize)
  }

  /** The buffer as it is; it moves when it has to grow, and is used again after {@link release}. */
  get buffer(): Buffer {
    return this.#buffer
  }

  /** A copy of what has been written since `start`. */
  take(start: number = 0): Buffer {
    const copy = Buffer.allocUnsafe(this.position - start)
    this.#buffer.copy(copy, 0, start, this.position)
    return copy
  }

  /** Gives the buffer back; the writer must not be used any more. */
  release(): void {
    if (this.#buffer.length <= largestPooled && pool.length < 8) pool.push(this.#buffer)
    this.#buffer = nothing
    this.position = 0
  }

  /** Makes sure that `count` more bytes fit. */
  reserve(count: number): Buffer {
    const needed = this.position + count
    if (needed > this.#buffer.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#buffer.length * 2))
      this.#buffer.copy(larger, 0, 0, this.position)
      this.#buffer = larger
    }
    return this.#buffer
  }

  byte(value: number): void {
    this.reserve(1)[this.position++] = value
  }

  /** @param value 0 to 2^32 - 1 */
  varint(value: number): void {
    this.position = writeVarint(this.reserve(5), this.position, value)
  }

  tag(field: number, wire: number): void {
    this.varint((field << 3) | wire)
  }

  /** A signed 64-bit integer as a varint; a bigint keeps its low 64 bits. */
  int64(value: number | bigint): void {
    if (typeof value === 'number' && value >= 0 && value <= 0xffff_ffff) return this.varint(value)
    let rest = BigInt.asUintN(64, BigInt(value))
    const buffer = this.reserve(10)
    while (rest >= 0x80n) {
      buffer[this.position++] = Number(rest & 0x7fn) | 0x80
      rest >>= 7n
    }
    buffer[this.position++] = Number(rest)
  }

  /** @param value 0 to 2^64 - 1 */
  fixed64(value: bigint): void {
    this.position = writeUint64(this.reserve(8), this.position, value)
  }

  /** @param value 0 to 2^32 - 1 */
  fixed32(value: number): void {
    this.position = this.reserve(4).writeUInt32LE(value, this.position)
  }

  double(value: number): void {
    this.position = writeDouble(this.reserve(8), this.position, value)
  }

  /** Bytes as they are, without tag and length. */
  raw(bytes: Buffer, start: number = 0, end: number = bytes.length): void {
    this.position = copyRange(bytes, start, end, this.reserve(end - start), this.position)
  }

  /** Bytes behind their length. */
  lengthAndBytes(bytes: Uint8Array): void {
    this.varint(bytes.length)
    this.reserve(bytes.length).set(bytes, this.position)
    this.position += bytes.length
  }

  /** UTF-8 behind its length; a lone surrogate becomes U+FFFD. */
  lengthAndText(text: string): void {
    const { length } = text
    if (length > 40) return this.#longText(text)
    const buffer = this.reserve(length * 3 + 1)
    const at = this.position + 1
    for (let index = 0; index < length; index++) {
      const code = text.charCodeAt(index)
      if (code > 0x7f) return this.#shortText(text)
      buffer[at + index] = code
    }
    buffer[at - 1] = length
    this.position = at + length
  }

  /** Up to 40 UTF-16 units are at most 120 bytes, so that the length is one byte. */
  #shortText(text: string): void {
    const written = this.#buffer.write(text, this.position + 1, 'utf8')
    this.#buffer[this.position] = written
    this.position += 1 + written
  }

  #longText(text: string): void {
    const length = Buffer.byteLength(text)
    this.varint(length)
    this.position += this.reserve(length).write(
      text,
      this.position,
      length === text.length ? 'latin1' : 'utf8',
    )
  }

  /** Begins a sub-message; hand the result to {@link close}. */
  open(tag: number): number {
    this.varint(tag)
    this.byte(0)
    return this.position
  }

  /** Ends the sub-message that began at `start` and writes its length, moving its content where that needs room. */
  close(start: number): void {
    const length = this.position - start
    if (length < 0x80) {
      this.#buffer[start - 1] = length
      return
    }
    const extra = length < 0x4000 ? 1 : length < 0x20_0000 ? 2 : length < 0x1000_0000 ? 3 : 4
    this.reserve(extra).copyWithin(start + extra, start, this.position)
    writeVarint(this.#buffer, start - 1, length)
    this.position += extra
  }
  /** As {@link close}, but a sub-message without content is taken back, if its tag takes one byte. */
  closeUnlessEmpty(start: number): void {
    if (this.position === start) this.position -= 2
    else this.close(start)
  }
}
