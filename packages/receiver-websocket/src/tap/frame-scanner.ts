/** What a scanner says about what it was given. */
export type ScanOutcome =
  | 'ok'
  /** A message is longer than allowed. */
  | 'too_large'
  /** This is no WebSocket traffic as it was agreed on, or not without an extension. */
  | 'invalid'

/** A whole message; `data` may share the memory of the chunk that it came in. */
export interface ScannedMessage {
  readonly data: Buffer
  readonly binary: boolean
}

const continuation = 0
const binaryOpcode = 2
const firstControl = 8
const longestHeader = 14
const mostFragments = 16_384

/**
 * Reads the messages out of one direction of a WebSocket connection (RFC 6455, section 5) that somebody else speaks.
 * Never holds more than one message of the allowed size, and copies only what is masked or comes in pieces.
 */
export class FrameScanner {
  readonly #masked: boolean
  readonly #maxBytes: number
  /** A header that is not complete yet. */
  readonly #header = Buffer.alloc(longestHeader)
  #headerLength = 0
  #passable = 0
  // The frame that is being read.
  #opcode = 0
  #last = false
  #mask = 0
  /** Bytes of its payload that are still to come. */
  #left = 0
  /** Its payload, where it comes in pieces. */
  #payload: Buffer | undefined
  // The message that is being read.
  #fragments: Buffer[] = []
  #messageBytes = 0
  #messageOpcode = 0

  /** `masked`: whether the sender is a client. */
  constructor(masked: boolean, maxBytes: number) {
    this.#masked = masked
    this.#maxBytes = maxBytes
  }

  /** Whether the last byte seen was the last of a frame, so that another frame may begin. */
  get atBoundary(): boolean {
    return this.#left === 0 && this.#headerLength === 0
  }

  /** Whether the last bytes seen were the beginning of a header. */
  get headerCut(): boolean {
    return this.#headerLength > 0
  }

  /** Bytes of the chunk taken last that came before the frame that was refused. */
  get passable(): number {
    return this.#passable
  }

  /** Takes the next bytes and adds the messages that they complete. After another outcome than `ok` it is of no use. */
  push(chunk: Buffer, into: ScannedMessage[]): ScanOutcome {
    for (let at = 0; at < chunk.length;) {
      if (this.#left > 0) {
        at += this.#continue(chunk, at, into)
        continue
      }
      // The part of a header that came before has been passed on with its chunk.
      this.#passable = at
      const taken = this.#readHeader(chunk, at)
      if (typeof taken === 'string') return taken
      at += taken
      if (this.#headerLength > 0) return 'ok'
      if (this.#left === 0) this.#finish(nothing, into)
      else if (this.#left <= chunk.length - at) {
        const payload = chunk.subarray(at, at + this.#left)
        at += this.#left
        this.#left = 0
        this.#finish(payload, into)
      } else if (this.#opcode < firstControl) this.#payload = Buffer.allocUnsafe(this.#left)
    }
    return 'ok'
  }

  /** Takes more of a payload that comes in pieces, and tells how many bytes. */
  #continue(chunk: Buffer, at: number, into: ScannedMessage[]): number {
    const take = Math.min(this.#left, chunk.length - at)
    const payload = this.#payload
    if (payload !== undefined) chunk.copy(payload, payload.length - this.#left, at, at + take)
    this.#left -= take
    if (this.#left === 0) {
      this.#payload = undefined
      this.#finish(payload ?? nothing, into)
    }
    return take
  }

  /** How many bytes of the chunk belong to the header; it is complete when nothing is kept of it. */
  #readHeader(chunk: Buffer, at: number): number | 'too_large' | 'invalid' {
    const kept = this.#headerLength
    if (kept === 0) {
      const size = headerSize(chunk, at, chunk.length)
      if (size > 0) return this.#parseHeader(chunk, at) ?? size
    }
    const copied = chunk.copy(this.#header, kept, at, Math.min(chunk.length, at + longestHeader - kept))
    const size = headerSize(this.#header, 0, kept + copied)
    if (size === 0) {
      this.#headerLength = kept + copied
      return copied
    }
    this.#headerLength = 0
    return this.#parseHeader(this.#header, 0) ?? size - kept
  }

  #parseHeader(buffer: Buffer, at: number): 'too_large' | 'invalid' | undefined {
    const start = buffer[at] ?? 0
    const second = buffer[at + 1] ?? 0
    const opcode = start & 0x0f
    const last = (start & 0x80) !== 0
    const masked = (second & 0x80) !== 0
    const short = second & 0x7f
    // A reserved bit belongs to an extension, and none was agreed on.
    if ((start & 0x70) !== 0 || masked !== this.#masked || (opcode > 2 && opcode < 8) || opcode > 10)
      return 'invalid'
    const length =
      short < 126
        ? short
        : short === 126
          ? buffer.readUInt16BE(at + 2)
          : buffer.readUInt32BE(at + 2) * 2 ** 32 + buffer.readUInt32BE(at + 6)
    if (opcode >= firstControl) {
      if (!last || short > 125) return 'invalid'
    } else {
      if ((opcode === continuation) !== this.#fragments.length > 0) return 'invalid'
      if (length + this.#messageBytes > this.#maxBytes || this.#fragments.length >= mostFragments)
        return 'too_large'
    }
    this.#opcode = opcode
    this.#last = last
    this.#left = length
    if (masked) this.#mask = buffer.readInt32BE(at + (short < 126 ? 2 : short === 126 ? 4 : 10))
    return undefined
  }

  /** The payload of a frame is complete. */
  #finish(payload: Buffer, into: ScannedMessage[]): void {
    if (this.#opcode >= firstControl) return
    const data = this.#masked ? unmasked(payload, this.#mask) : payload
    if (this.#opcode !== continuation) this.#messageOpcode = this.#opcode
    const binary = this.#messageOpcode === binaryOpcode
    if (this.#last && this.#fragments.length === 0) {
      into.push({ data, binary })
      return
    }
    this.#fragments.push(this.#masked ? data : Buffer.from(data))
    this.#messageBytes += data.length
    if (!this.#last) return
    into.push({ data: Buffer.concat(this.#fragments, this.#messageBytes), binary })
    this.#fragments = []
    this.#messageBytes = 0
  }
}

const nothing = Buffer.alloc(0)

/** Length of the frame header at `at`; 0 when not all of it is there. */
function headerSize(buffer: Buffer, at: number, end: number): number {
  if (end - at < 2) return 0
  const second = buffer[at + 1] ?? 0
  const short = second & 0x7f
  const size = 2 + (short === 126 ? 2 : short === 127 ? 8 : 0) + (second > 0x7f ? 4 : 0)
  return end - at < size ? 0 : size
}

function unmasked(payload: Buffer, mask: number): Buffer {
  const plain = Buffer.allocUnsafe(payload.length)
  for (let at = 0; at < payload.length; at++)
    plain[at] = (payload[at] ?? 0) ^ ((mask >>> (24 - 8 * (at & 3))) & 0xff)
  return plain
}

/** A close frame; a client's is masked. */
export function closeFrame(code: number, masked: boolean, mask: number = 0): Buffer {
  const frame = Buffer.alloc(masked ? 8 : 4)
  frame[0] = 0x88
  frame[1] = masked ? 0x82 : 0x02
  if (!masked) {
    frame.writeUInt16BE(code, 2)
    return frame
  }
  frame.writeUInt32BE(mask >>> 0, 2)
  frame.writeUInt16BE((code ^ (mask >>> 16)) & 0xffff, 6)
  return frame
}
