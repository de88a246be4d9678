import { type Message } from './attribute-change.ts'
import { copyRange, writeVarint } from './wire.ts'

const slabSize = 64 * 1024
const largestShared = 8 * 1024

let slab = Buffer.allocUnsafeSlow(slabSize)
let used = 0

const spanTag = 0x12

/** A span where it has been put, behind its tag and length, which begin at `at`. */
export interface Placed extends Message {
  readonly at: number
}

/**
 * Copies two ranges, one behind the other, to where they can stay. Small ones share large buffers: a buffer for each
 * span costs more than its bytes. With their tags and lengths, neighbours in a slab can be copied into a batch in one
 * go. A slab lives as long as one of its spans; what is kept for long should copy them.
 */
export function place(first: Message, second: Message): Placed {
  const length = first.end - first.start + (second.end - second.start)
  const buffer = roomFor(length + 6)
  const at = buffer === slab ? used : 0
  buffer[at] = spanTag
  const start = writeVarint(buffer, at + 1, length)
  const middle = copyRange(first.buffer, first.start, first.end, buffer, start)
  const end = copyRange(second.buffer, second.start, second.end, buffer, middle)
  if (buffer === slab) used = end
  return { buffer, at, start, end }
}

function roomFor(length: number): Buffer {
  if (length > largestShared) return Buffer.allocUnsafeSlow(length)
  if (used + length > slabSize) {
    slab = Buffer.allocUnsafeSlow(slabSize)
    used = 0
  }
  return slab
}

/** Nothing, for {@link place}. */
export const nothing: Message = { buffer: Buffer.alloc(0), start: 0, end: 0 }
