/** A stretch of bytes. */
export interface Range {
  readonly buffer: Buffer
  readonly start: number
  readonly end: number
}

/** Whether two stretches hold the same bytes. */
export function sameRange(left: Range, right: Range): boolean {
  if (left.end - left.start !== right.end - right.start) return false
  return left.buffer.compare(right.buffer, right.start, right.end, left.start, left.end) === 0
}
