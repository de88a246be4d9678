import { eventField, FieldCursor, spanField, type WireWriter } from '@spanloom/core/traces'

import { type Range, sameRange } from '../fragment/ranges.ts'

interface EventCell extends Range {
  readonly time: bigint
}

const eventTag = (spanField.events << 3) | 2

/** Comparing each with each is fastest for a few. */
const fewEvents = 16

/** Span events of several fragments: equal ones once, by time (`assembly.md` section 5). */
export class EventCells {
  #cells: EventCell[] = []
  #sorted: boolean = true
  #latest: bigint = 0n

  /** Takes the event whose content lies between `start` and `end`. */
  add(buffer: Buffer, start: number, end: number): void {
    const time = timeOf(buffer, start, end)
    if (time < this.#latest) this.#sorted = false
    else this.#latest = time
    this.#cells.push({ buffer, start, end, time })
  }

  /** Writes the first `limit` of them and returns how many were left out. */
  write(writer: WireWriter, limit: number): number {
    if (this.#cells.length > 1) this.#cells = withoutEqual(this.#cells)
    if (!this.#sorted) this.#cells.sort(byTime)
    for (const { buffer, start, end } of this.#cells.slice(0, limit)) {
      writer.byte(eventTag)
      writer.varint(end - start)
      writer.raw(buffer, start, end)
    }
    return Math.max(0, this.#cells.length - limit)
  }
}

function byTime(left: EventCell, right: EventCell): number {
  return left.time === right.time ? 0 : left.time < right.time ? -1 : 1
}

function timeOf(buffer: Buffer, start: number, end: number): bigint {
  const fields = new FieldCursor(buffer, start, end)
  let time = 0n
  while (fields.next()) {
    if (fields.field === eventField.timeUnixNano) time = buffer.readBigUInt64LE(fields.start)
  }
  return time
}

function withoutEqual(cells: EventCell[]): EventCell[] {
  if (cells.length <= fewEvents) {
    return cells.filter(
      (cell, index) =>
        !cells.some((other, before) => before < index && other.time === cell.time && sameRange(other, cell)),
    )
  }
  const seen = new Set<string>()
  return cells.filter(({ buffer, start, end }) => {
    const { size } = seen
    return seen.add(buffer.toString('latin1', start, end)).size > size
  })
}
