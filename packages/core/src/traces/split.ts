import { Composition } from './composition.ts'
import { bytesWithoutField } from './envelope.ts'
import { tracesField } from './fields.ts'
import { SpanCursor } from './span-cursor.ts'

/** Cuts the spans of all chunks into parts of at most `max` spans or bytes, each with at least one span. */
export function splitTraces(chunks: readonly Buffer[], max: number, sizer: 'items' | 'bytes'): Composition[] {
  let part = new Composition()
  const parts = [part]
  for (const chunk of chunks) {
    const extra = bytesWithoutField(chunk, 0, chunk.length, tracesField.resourceSpans)
    if (extra.length > 0) part.addExtra(extra)
    const cursor = new SpanCursor(chunk)
    while (cursor.next()) {
      if (isFull(part, cursor, max, sizer)) parts.push((part = new Composition()))
      part.add(cursor.resource, cursor.scope, cursor)
    }
  }
  return parts
}

function isFull(part: Composition, cursor: SpanCursor, max: number, sizer: 'items' | 'bytes'): boolean {
  if (part.spanCount === 0) return false
  if (sizer === 'items') return part.spanCount >= max
  return part.size + part.growth(cursor.resource, cursor.scope, cursor.end - cursor.at) > max
}
