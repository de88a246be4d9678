import { maxNesting, wireType } from './fields.ts'
import { invalidOtlp } from './invalid.ts'
import { afterVarint } from './wire.ts'

/** Where the varint at `at` ends. @throws PermanentError when it does not end before `end` or is over 64 bits */
export function endOfVarint(bytes: Buffer, at: number, end: number): number {
  let position = at
  const limit = Math.min(end, at + 10)
  while (position < limit) {
    const byte = bytes[position++] ?? 0
    if (byte < 0x80) {
      if (position === at + 10 && byte > 1) break
      return position
    }
  }
  throw invalidOtlp(position === end ? 'a number is cut off' : 'a number has more than 64 bits')
}

/** Where the content behind the length at `at` ends. @throws PermanentError when that is beyond `end` */
export function endOfLength(bytes: Buffer, at: number, end: number): number {
  const length = bytes[at] ?? 0
  const stop = at + 1 + length
  if (length < 0x80 && stop <= end) return stop
  return endOfLongLength(bytes, at, end)
}

function endOfLongLength(bytes: Buffer, at: number, end: number): number {
  const start = endOfVarint(bytes, at, end)
  let length = 0
  // As a double, in which no length of 64 bits can wrap around.
  for (let position = start - 1; position >= at; position--)
    length = length * 128 + ((bytes[position] ?? 0) & 0x7f)
  if (length > end - start) throw invalidOtlp('a field ends beyond its message')
  return start + length
}

/** Where the varint at `at` ends that has been checked: behind a length, or behind a tag. */
export function afterChecked(bytes: Buffer, at: number): number {
  return (bytes[at] ?? 0) < 0x80 ? at + 1 : afterVarint(bytes, at)
}

/** Where `size` bytes at `at` end. @throws PermanentError when that is beyond `end` */
export function endOfFixed(at: number, size: number, end: number): number {
  if (at + size > end) throw invalidOtlp('a number is cut off')
  return at + size
}

/** Where an id ends, which has no bytes or `size` (OTR-15). */
export function endOfId(bytes: Buffer, at: number, end: number, size: number): number {
  const stop = endOfLength(bytes, at, end)
  const length = stop - afterChecked(bytes, at)
  if (length !== size && length !== 0) throw invalidOtlp(`an id has ${length} instead of ${size} bytes`)
  return stop
}

/** The tag at `at`, field number times 8 plus wire type. @throws PermanentError for a field number out of range */
export function tagAt(bytes: Buffer, at: number, end: number): number {
  const first = bytes[at] ?? 0
  return first < 0x80 ? first : longTag(bytes, at, end)
}

function longTag(bytes: Buffer, at: number, end: number): number {
  const stop = endOfVarint(bytes, at, end)
  let tag = 0
  for (let position = stop - 1; position >= at; position--) tag = tag * 128 + ((bytes[position] ?? 0) & 0x7f)
  if (tag > 0xffff_ffff) throw invalidOtlp('a field number is too large')
  return tag
}

/**
 * Where the content of a field ends that the message does not have.
 *
 * @param known bit n stands for field n of the message, which must not come in another wire type than its own
 */
export function endOfUnknown(bytes: Buffer, at: number, end: number, tag: number, known: number): number {
  const field = tag >>> 3
  if (field < 32 && (known >>> field) & 1) throw invalidOtlp('a field has the wrong wire type')
  return endOfAny(bytes, at, end, tag, 0)
}

function endOfAny(bytes: Buffer, at: number, end: number, tag: number, depth: number): number {
  if (tag < 8) throw invalidOtlp('a field has the number 0')
  switch (tag & 7) {
    case wireType.varint:
      return endOfVarint(bytes, at, end)
    case wireType.fixed64:
      return endOfFixed(at, 8, end)
    case wireType.bytes:
      return endOfLength(bytes, at, end)
    case wireType.fixed32:
      return endOfFixed(at, 4, end)
    case wireType.groupStart:
      return endOfGroup(bytes, at, end, tag, depth + 1)
    default:
      throw invalidOtlp('a field has no valid wire type')
  }
}

function endOfGroup(bytes: Buffer, at: number, end: number, groupTag: number, depth: number): number {
  if (depth > maxNesting) throw invalidOtlp(`groups nest deeper than ${maxNesting} levels`)
  let position = at
  while (position < end) {
    const tag = tagAt(bytes, position, end)
    position = afterChecked(bytes, position)
    if ((tag & 7) === wireType.groupEnd) {
      if (tag >>> 3 !== groupTag >>> 3) throw invalidOtlp('a group ends that has not begun')
      return position
    }
    position = endOfAny(bytes, position, end, tag, depth)
  }
  throw invalidOtlp('a group is cut off')
}
