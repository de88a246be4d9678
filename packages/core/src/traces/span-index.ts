import { spanField } from './fields.ts'
import { FieldCursor } from './wire.ts'

const fieldCount = 17
const repeated =
  (1 << spanField.attributes) | (1 << spanField.events) | (1 << spanField.links) | (1 << spanField.status)

/**
 * Where the fields of one span lie, found in one walk: for field n the start at `2 * n` and the end behind it; both
 * 0 when it is absent.
 *
 * Of single fields this is the content of the last one, which counts. Of those that may occur several times (parts
 * of the status among them) it is the stretch from the first tag to the last end, with other fields in between.
 */
export type SpanIndex = readonly number[]

/** Walks a span once. */
export function indexSpan(buffer: Buffer, start: number, end: number): SpanIndex {
  // A literal is copied in one go, which filling an array is not.
  // oxfmt-ignore
  const index = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
  const fields = new FieldCursor(buffer, start, end)
  while (fields.next()) {
    const { field } = fields
    if (field >= fieldCount) continue
    const slot = field * 2
    if (((repeated >>> field) & 1) === 0) index[slot] = fields.start
    else if (index[slot + 1] === 0) index[slot] = fields.at
    index[slot + 1] = fields.end
  }
  return index
}
