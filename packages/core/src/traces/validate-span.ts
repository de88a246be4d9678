import { maxNesting } from './fields.ts'
import { invalidOtlp } from './invalid.ts'
import {
  afterChecked,
  endOfFixed,
  endOfId,
  endOfLength,
  endOfUnknown,
  endOfVarint,
  tagAt,
} from './wire-check.ts'

/** Walks a `Span`. @throws PermanentError for whatever a later read could stumble over */
export function checkSpan(bytes: Buffer, start: number, end: number): void {
  let at = start
  while (at < end) {
    const tag = tagAt(bytes, at, end)
    at = afterChecked(bytes, at)
    switch (tag) {
      case 0x4a: {
        const stop = endOfLength(bytes, at, end)
        checkAttribute(bytes, afterChecked(bytes, at), stop, 0)
        at = stop
        break
      }
      case 0x0a:
        at = endOfId(bytes, at, end, 16)
        break
      case 0x12:
      case 0x22:
        at = endOfId(bytes, at, end, 8)
        break
      case 0x1a:
      case 0x2a:
        at = endOfLength(bytes, at, end)
        break
      case 0x30:
      case 0x50:
      case 0x60:
      case 0x70:
        at = endOfVarint(bytes, at, end)
        break
      case 0x39:
      case 0x41:
        at = endOfFixed(at, 8, end)
        break
      case 0x5a: {
        const stop = endOfLength(bytes, at, end)
        checkEvent(bytes, afterChecked(bytes, at), stop)
        at = stop
        break
      }
      case 0x6a: {
        const stop = endOfLength(bytes, at, end)
        checkLink(bytes, afterChecked(bytes, at), stop)
        at = stop
        break
      }
      case 0x7a: {
        const stop = endOfLength(bytes, at, end)
        checkStatus(bytes, afterChecked(bytes, at), stop)
        at = stop
        break
      }
      case 0x85:
        at = endOfFixed(at, 4, end)
        break
      default:
        at = endOfUnknown(bytes, at, end, tag, 0x1_fffe)
    }
  }
}

function checkEvent(bytes: Buffer, start: number, end: number): void {
  let at = start
  while (at < end) {
    const tag = tagAt(bytes, at, end)
    at = afterChecked(bytes, at)
    switch (tag) {
      case 0x09:
        at = endOfFixed(at, 8, end)
        break
      case 0x12:
        at = endOfLength(bytes, at, end)
        break
      case 0x1a: {
        const stop = endOfLength(bytes, at, end)
        checkAttribute(bytes, afterChecked(bytes, at), stop, 0)
        at = stop
        break
      }
      case 0x20:
        at = endOfVarint(bytes, at, end)
        break
      default:
        at = endOfUnknown(bytes, at, end, tag, 0b1_1110)
    }
  }
}

function checkLink(bytes: Buffer, start: number, end: number): void {
  let at = start
  while (at < end) {
    const tag = tagAt(bytes, at, end)
    at = afterChecked(bytes, at)
    switch (tag) {
      case 0x0a:
        at = endOfId(bytes, at, end, 16)
        break
      case 0x12:
        at = endOfId(bytes, at, end, 8)
        break
      case 0x1a:
        at = endOfLength(bytes, at, end)
        break
      case 0x22: {
        const stop = endOfLength(bytes, at, end)
        checkAttribute(bytes, afterChecked(bytes, at), stop, 0)
        at = stop
        break
      }
      case 0x28:
        at = endOfVarint(bytes, at, end)
        break
      case 0x35:
        at = endOfFixed(at, 4, end)
        break
      default:
        at = endOfUnknown(bytes, at, end, tag, 0b111_1110)
    }
  }
}

function checkStatus(bytes: Buffer, start: number, end: number): void {
  let at = start
  while (at < end) {
    const tag = tagAt(bytes, at, end)
    at = afterChecked(bytes, at)
    if (tag === 0x12) at = endOfLength(bytes, at, end)
    else if (tag === 0x18) at = endOfVarint(bytes, at, end)
    else at = endOfUnknown(bytes, at, end, tag, 0b1100)
  }
}

/** Walks a `KeyValue` whose value nests in `depth` others. */
export function checkAttribute(bytes: Buffer, start: number, end: number, depth: number): void {
  let at = start
  while (at < end) {
    const tag = tagAt(bytes, at, end)
    at = afterChecked(bytes, at)
    if (tag === 0x0a) at = endOfLength(bytes, at, end)
    else if (tag === 0x12) {
      const stop = endOfLength(bytes, at, end)
      checkValue(bytes, afterChecked(bytes, at), stop, depth)
      at = stop
    } else at = endOfUnknown(bytes, at, end, tag, 0b110)
  }
}

function checkValue(bytes: Buffer, start: number, end: number, depth: number): void {
  if (depth > maxNesting) throw invalidOtlp(`attributes nest deeper than ${maxNesting} levels`)
  let at = start
  while (at < end) {
    const tag = tagAt(bytes, at, end)
    at = afterChecked(bytes, at)
    switch (tag) {
      case 0x0a:
      case 0x3a:
        at = endOfLength(bytes, at, end)
        break
      case 0x10:
      case 0x18:
        at = endOfVarint(bytes, at, end)
        break
      case 0x21:
        at = endOfFixed(at, 8, end)
        break
      case 0x2a: {
        const stop = endOfLength(bytes, at, end)
        checkList(bytes, afterChecked(bytes, at), stop, checkValue, depth + 1)
        at = stop
        break
      }
      case 0x32: {
        const stop = endOfLength(bytes, at, end)
        checkList(bytes, afterChecked(bytes, at), stop, checkAttribute, depth + 1)
        at = stop
        break
      }
      default:
        at = endOfUnknown(bytes, at, end, tag, 0b1111_1110)
    }
  }
}

type Check = (bytes: Buffer, start: number, end: number, depth: number) => void

/** Walks an `ArrayValue` or a `KeyValueList`, which differ in what they list. */
function checkList(bytes: Buffer, start: number, end: number, check: Check, depth: number): void {
  let at = start
  while (at < end) {
    const tag = tagAt(bytes, at, end)
    at = afterChecked(bytes, at)
    if (tag === 0x0a) {
      const stop = endOfLength(bytes, at, end)
      check(bytes, afterChecked(bytes, at), stop, depth)
      at = stop
    } else at = endOfUnknown(bytes, at, end, tag, 0b10)
  }
}
