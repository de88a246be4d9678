import { WireWriter } from '@spanloom/core/traces'

import type { Place } from '../fragment/order.ts'
import type { Remembered } from './remembered.ts'

const flag = { startTold: 1, startAssumed: 2, endTold: 4, parent: 8 } as const

/** Hands what a key remembers of its runs to `use`, as bytes that are valid until it returns. */
export function encodeRemembered<T>(runs: readonly Remembered[], use: (bytes: Buffer) => T): T {
  const writer = new WireWriter()
  try {
    writer.varint(runs.length)
    for (const run of runs) writeRun(writer, run)
    return use(writer.buffer.subarray(0, writer.position))
  } finally {
    writer.release()
  }
}

/** What {@link encodeRemembered} wrote; copies, so that the bytes may change afterwards. */
export function decodeRemembered(bytes: Buffer): readonly Remembered[] {
  const reader = new Reader(bytes)
  return Array.from({ length: reader.varint() }, () => readRun(reader))
}

/** How many runs {@link decodeRemembered} would give. */
export function countRemembered(bytes: Buffer): number {
  return new Reader(bytes).varint()
}

function writeRun(writer: WireWriter, run: Remembered): void {
  const flags =
    (run.startTold ? flag.startTold : 0) |
    (run.startAssumed ? flag.startAssumed : 0) |
    (run.endTold ? flag.endTold : 0) |
    (run.parentSpanId === '' ? 0 : flag.parent)
  writer.byte(flags)
  writeHex(writer, run.traceId)
  writeHex(writer, run.spanId)
  if (run.parentSpanId !== '') {
    writeHex(writer, run.parentSpanId)
    writer.lengthAndText(run.parentKey)
  }
  writer.lengthAndText(run.name)
  writer.fixed64(run.start)
  writer.fixed64(run.end)
  writer.double(run.endRank)
  writer.varint(run.endStatus.code)
  writer.lengthAndText(run.endStatus.message)
  writePlace(writer, run.opened)
  writePlace(writer, run.closed)
  writer.varint(run.aliases.length)
  for (const alias of run.aliases) writer.lengthAndText(alias)
}

function writeHex(writer: WireWriter, hex: string): void {
  const length = hex.length / 2
  writer.position += writer.reserve(length).write(hex, writer.position, length, 'hex')
}

function writePlace(writer: WireWriter, { time, rank, arrival }: Place): void {
  writer.fixed64(time)
  writer.double(rank)
  writer.double(arrival)
}

function readRun(reader: Reader): Remembered {
  const flags = reader.byte()
  const hasParent = (flags & flag.parent) !== 0
  return {
    traceId: reader.hex(16),
    spanId: reader.hex(8),
    parentSpanId: hasParent ? reader.hex(8) : '',
    parentKey: hasParent ? reader.text() : '',
    name: reader.text(),
    start: reader.fixed64(),
    end: reader.fixed64(),
    startTold: (flags & flag.startTold) !== 0,
    startAssumed: (flags & flag.startAssumed) !== 0,
    endTold: (flags & flag.endTold) !== 0,
    endRank: reader.double(),
    endStatus: { code: reader.varint(), message: reader.text() },
    opened: readPlace(reader),
    closed: readPlace(reader),
    aliases: Array.from({ length: reader.varint() }, () => reader.text()),
  }
}

function readPlace(reader: Reader): Place {
  return { time: reader.fixed64(), rank: reader.double(), arrival: reader.double() }
}

class Reader {
  readonly #bytes: Buffer
  #at: number = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  byte(): number {
    return this.#bytes.readUInt8(this.#at++)
  }

  varint(): number {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = this.byte()
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
    }
  }

  fixed64(): bigint {
    this.#at += 8
    return this.#bytes.readBigUInt64LE(this.#at - 8)
  }

  double(): number {
    this.#at += 8
    return this.#bytes.readDoubleLE(this.#at - 8)
  }

  hex(length: number): string {
    this.#at += length
    return this.#bytes.toString('hex', this.#at - length, this.#at)
  }

  text(): string {
    const length = this.varint()
    this.#at += length
    return this.#bytes.toString('utf8', this.#at - length, this.#at)
  }
}
