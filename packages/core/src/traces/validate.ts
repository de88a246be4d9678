import { resourceSpansField, scopeSpansField, tracesField } from './fields.ts'
import { checkAttribute, checkSpan } from './validate-span.ts'
import { afterChecked, endOfLength, endOfUnknown, endOfVarint, tagAt } from './wire-check.ts'
import { FieldCursor } from './wire.ts'

/**
 * Walks all levels of a `TracesData` and returns the number of its spans.
 *
 * A function for each message, with its tags as constants: this runs over every byte that arrives.
 *
 * @throws PermanentError for whatever a later read could stumble over
 */
export function validateTraces(bytes: Buffer): number {
  const end = bytes.length
  let at = 0
  let spans = 0
  while (at < end) {
    const tag = tagAt(bytes, at, end)
    at = afterChecked(bytes, at)
    if (tag === 0x0a) {
      const stop = endOfLength(bytes, at, end)
      spans += checkResourceSpans(bytes, afterChecked(bytes, at), stop)
      at = stop
    } else at = endOfUnknown(bytes, at, end, tag, 0b10)
  }
  return spans
}

function checkResourceSpans(bytes: Buffer, start: number, end: number): number {
  let at = start
  let spans = 0
  while (at < end) {
    const tag = tagAt(bytes, at, end)
    at = afterChecked(bytes, at)
    switch (tag) {
      case 0x0a: {
        const stop = endOfLength(bytes, at, end)
        checkResource(bytes, afterChecked(bytes, at), stop)
        at = stop
        break
      }
      case 0x12: {
        const stop = endOfLength(bytes, at, end)
        spans += checkScopeSpans(bytes, afterChecked(bytes, at), stop)
        at = stop
        break
      }
      case 0x1a:
        at = endOfLength(bytes, at, end)
        break
      default:
        at = endOfUnknown(bytes, at, end, tag, 0b1110)
    }
  }
  return spans
}

function checkScopeSpans(bytes: Buffer, start: number, end: number): number {
  let at = start
  let spans = 0
  while (at < end) {
    const tag = tagAt(bytes, at, end)
    at = afterChecked(bytes, at)
    switch (tag) {
      case 0x0a: {
        const stop = endOfLength(bytes, at, end)
        checkScope(bytes, afterChecked(bytes, at), stop)
        at = stop
        break
      }
      case 0x12: {
        const stop = endOfLength(bytes, at, end)
        checkSpan(bytes, afterChecked(bytes, at), stop)
        spans++
        at = stop
        break
      }
      case 0x1a:
        at = endOfLength(bytes, at, end)
        break
      default:
        at = endOfUnknown(bytes, at, end, tag, 0b1110)
    }
  }
  return spans
}

function checkResource(bytes: Buffer, start: number, end: number): void {
  let at = start
  while (at < end) {
    const tag = tagAt(bytes, at, end)
    at = afterChecked(bytes, at)
    switch (tag) {
      case 0x0a: {
        const stop = endOfLength(bytes, at, end)
        checkAttribute(bytes, afterChecked(bytes, at), stop, 0)
        at = stop
        break
      }
      case 0x10:
        at = endOfVarint(bytes, at, end)
        break
      default:
        at = endOfUnknown(bytes, at, end, tag, 0b110)
    }
  }
}

function checkScope(bytes: Buffer, start: number, end: number): void {
  let at = start
  while (at < end) {
    const tag = tagAt(bytes, at, end)
    at = afterChecked(bytes, at)
    switch (tag) {
      case 0x0a:
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

/** The number of `ResourceSpans`, of bytes that have been checked. */
export function countGroups(bytes: Buffer): number {
  const fields = new FieldCursor(bytes, 0, bytes.length)
  let count = 0
  while (fields.next()) if (fields.field === tracesField.resourceSpans) count++
  return count
}

/** The number of spans, of bytes that have been checked. */
export function countSpans(bytes: Buffer): number {
  const groups = new FieldCursor(bytes, 0, bytes.length)
  let count = 0
  while (groups.next()) {
    if (groups.field !== tracesField.resourceSpans) continue
    const scopes = new FieldCursor(bytes, groups.start, groups.end)
    while (scopes.next()) {
      if (scopes.field !== resourceSpansField.scopeSpans) continue
      const spans = new FieldCursor(bytes, scopes.start, scopes.end)
      while (spans.next()) if (spans.field === scopeSpansField.spans) count++
    }
  }
  return count
}
