/** One field of a protobuf message: a number for a varint, bytes for what has a length; other kinds are skipped. */
export interface MessageField {
  readonly number: number
  readonly value: bigint | Buffer
}

/**
 * Reads the fields of a small message that came from outside, such as an answer.
 *
 * @throws RangeError when the bytes are not a message.
 */
export function* readMessage(bytes: Buffer): Generator<MessageField, void, undefined> {
  const reader = new Reader(bytes)
  while (!reader.done) {
    const tag = reader.varint()
    const number = Number(tag >> 3n)
    if (number < 1 || number > 0x1fff_ffff) throw new RangeError('A field has an impossible number.')
    switch (tag & 7n) {
      case 0n:
        yield { number, value: reader.varint() }
        break
      case 1n:
        reader.bytes(8)
        break
      case 2n:
        yield { number, value: reader.bytes(Number(reader.varint())) }
        break
      case 5n:
        reader.bytes(4)
        break
      default:
        throw new RangeError('A field has an unknown kind.')
    }
  }
}

/** A varint as the signed number of 64 bits that it stands for. */
export function signed(value: bigint | Buffer): bigint {
  if (typeof value !== 'bigint') throw new RangeError('A number was expected.')
  return BigInt.asIntN(64, value)
}

/** The content of a field that has a length. */
export function content(value: bigint | Buffer): Buffer {
  if (typeof value === 'bigint') throw new RangeError('Bytes were expected.')
  return value
}

class Reader {
  readonly #bytes: Buffer
  #position = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get done(): boolean {
    return this.#position === this.#bytes.length
  }

  varint(): bigint {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#bytes[this.#position++]
      if (byte === undefined) throw new RangeError('A number is cut off.')
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
    throw new RangeError('A number is too long.')
  }

  bytes(length: number): Buffer {
    const end = this.#position + length
    if (end > this.#bytes.length) throw new RangeError('A field ends beyond its message.')
    const taken = this.#bytes.subarray(this.#position, end)
    this.#position = end
    return taken
  }
}
