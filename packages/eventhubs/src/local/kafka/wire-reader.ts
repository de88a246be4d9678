/** The bytes of a request are not what the protocol says. */
export class MalformedRequest extends Error {
  constructor(what: string) {
    super(`The Kafka request is malformed: ${what}.`)
    this.name = 'MalformedRequest'
  }
}

/** Reads the primitive types of the Kafka protocol. Every method throws {@link MalformedRequest} at the end. */
export class WireReader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get left(): number {
    return this.#bytes.length - this.#at
  }

  int8(): number {
    return this.#bytes.readInt8(this.#take(1))
  }

  bool(): boolean {
    return this.int8() !== 0
  }

  int16(): number {
    return this.#bytes.readInt16BE(this.#take(2))
  }

  int32(): number {
    return this.#bytes.readInt32BE(this.#take(4))
  }

  uint32(): number {
    return this.#bytes.readUInt32BE(this.#take(4))
  }

  /** As a number: offsets, times and the like stay below 2^53 here. */
  int64(): number {
    return Number(this.#bytes.readBigInt64BE(this.#take(8)))
  }

  /** A zigzag number of up to 64 bits. */
  varint(): number {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#bytes.readUInt8(this.#take(1))
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return Number(BigInt.asIntN(64, (value >> 1n) ^ -(value & 1n)))
    }
    throw new MalformedRequest('a number has too many bytes')
  }

  bytes(length: number): Buffer {
    const at = this.#take(length)
    return this.#bytes.subarray(at, at + length)
  }

  string(): string {
    const text = this.nullableString()
    if (text === null) throw new MalformedRequest('a text is missing')
    return text
  }

  nullableString(): string | null {
    const length = this.int16()
    return length < 0 ? null : this.bytes(length).toString('utf8')
  }

  nullableBytes(): Buffer | null {
    const length = this.int32()
    return length < 0 ? null : this.bytes(length)
  }

  array<T>(read: () => T): T[] {
    return this.nullableArray(read) ?? []
  }

  nullableArray<T>(read: () => T): T[] | null {
    const count = this.int32()
    if (count < 0) return null
    // Every element takes a byte at least, so that a count alone cannot ask for memory.
    if (count > this.left) throw new MalformedRequest('an array has more elements than bytes')
    return Array.from({ length: count }, read)
  }

  #take(length: number): number {
    const at = this.#at
    if (length < 0 || length > this.left) throw new MalformedRequest('it ends too early')
    this.#at += length
    return at
  }
}
