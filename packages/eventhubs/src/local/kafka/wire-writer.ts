/** Writes the primitive types of the Kafka protocol. */
export class WireWriter {
  readonly #chunks: Buffer[] = []

  int8(value: number): this {
    const bytes = Buffer.alloc(1)
    bytes.writeInt8(value)
    return this.raw(bytes)
  }

  bool(value: boolean): this {
    return this.int8(value ? 1 : 0)
  }

  int16(value: number): this {
    const bytes = Buffer.alloc(2)
    bytes.writeInt16BE(value)
    return this.raw(bytes)
  }

  int32(value: number): this {
    const bytes = Buffer.alloc(4)
    bytes.writeInt32BE(value)
    return this.raw(bytes)
  }

  uint32(value: number): this {
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32BE(value)
    return this.raw(bytes)
  }

  int64(value: number): this {
    const bytes = Buffer.alloc(8)
    bytes.writeBigInt64BE(BigInt(value))
    return this.raw(bytes)
  }

  /** A zigzag number. */
  varint(value: number): this {
    const bytes: number[] = []
    let rest = BigInt.asUintN(64, (BigInt(value) << 1n) ^ (BigInt(value) >> 63n))
    for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80)
    bytes.push(Number(rest))
    return this.raw(Buffer.from(bytes))
  }

  string(text: string | null): this {
    if (text === null) return this.int16(-1)
    const bytes = Buffer.from(text, 'utf8')
    return this.int16(bytes.length).raw(bytes)
  }

  bytes(bytes: Buffer): this {
    return this.int32(bytes.length).raw(bytes)
  }

  array<T>(elements: readonly T[], write: (element: T) => void): this {
    this.int32(elements.length)
    for (const element of elements) write(element)
    return this
  }

  raw(bytes: Buffer): this {
    this.#chunks.push(bytes)
    return this
  }

  finish(): Buffer {
    return Buffer.concat(this.#chunks)
  }
}
