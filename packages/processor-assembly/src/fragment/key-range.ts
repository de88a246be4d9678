import { FieldCursor, keyValueField } from '@spanloom/core/traces'

/** Finds where the key of an attribute lies, without decoding it. One object serves many attributes. */
export class KeyRange {
  start: number = 0
  end: number = 0

  /** Looks at the `KeyValue` between `from` and `to`. */
  find(buffer: Buffer, from: number, to: number): void {
    // Almost every encoder writes the key first and once, and then the value.
    if (buffer[from] === 0x0a) {
      const length = buffer[from + 1] ?? 0
      const after = from + 2 + length
      if (length < 0x80 && onlyValueFollows(buffer, after, to)) {
        this.start = from + 2
        this.end = after
        return
      }
    }
    this.start = from
    this.end = from
    const fields = new FieldCursor(buffer, from, to)
    while (fields.next()) {
      if (fields.field !== keyValueField.key) continue
      this.start = fields.start
      this.end = fields.end
    }
  }
}

function onlyValueFollows(buffer: Buffer, at: number, end: number): boolean {
  if (at === end) return true
  if (buffer[at] !== 0x12) return false
  const length = buffer[at + 1] ?? 0
  if (length < 0x80) return at + 2 + length === end
  const second = buffer[at + 2] ?? 0
  return second < 0x80 && at + 3 + (length & 0x7f) + (second << 7) === end
}
