import { FieldCursor, readUint32, spanField, type WireWriter } from '@spanloom/core/traces'

import { EventCells } from '../merge/event-cells.ts'
import { LinkCells } from '../merge/link-cells.ts'
import type { SpanPlan } from '../merge/span-plan.ts'
import type { Fragment } from './fragment.ts'

/** Some bytes of a span: whole fields, tags included. */
interface Stretch {
  readonly buffer: Buffer
  readonly at: number
  readonly end: number
}

const droppedEventsTag = spanField.droppedEventsCount << 3

/**
 * The fields of a span's fragments besides ids, parent, times, name, status and attributes: events and links with
 * their own rules, the first of trace state, kind and flags, the last of the counts, and whatever nobody knows yet.
 */
export class Fields {
  readonly #events = new EventCells()
  readonly #links: LinkCells
  readonly #unknown: Stretch[] = []
  #traceState: Stretch | undefined
  #kind: Stretch | undefined
  #flags: Stretch | undefined
  #droppedAttributes: Stretch | undefined
  #droppedLinks: Stretch | undefined
  #droppedEvents: number = 0

  constructor({ target }: SpanPlan) {
    this.#links = new LinkCells(target)
  }

  /** Takes an event that the assembler made. */
  addEvent(content: Buffer): void {
    this.#events.add(content, 0, content.length)
  }

  collect({ buffer, from, to }: Fragment): void {
    const fields = new FieldCursor(buffer, from, to)
    let traceState: Stretch | undefined
    let kind: Stretch | undefined
    let flags: Stretch | undefined
    while (fields.next()) {
      const { at, start, end } = fields
      switch (fields.field) {
        case spanField.traceId:
        case spanField.spanId:
        case spanField.parentSpanId:
        case spanField.name:
        case spanField.startTimeUnixNano:
        case spanField.endTimeUnixNano:
        case spanField.attributes:
        case spanField.status:
          break
        case spanField.traceState:
          traceState = start === end ? undefined : { buffer, at, end }
          break
        case spanField.kind:
          kind = readUint32(buffer, start) === 0 ? undefined : { buffer, at, end }
          break
        case spanField.flags:
          flags = buffer.readUInt32LE(start) === 0 ? undefined : { buffer, at, end }
          break
        case spanField.events:
          this.#events.add(buffer, start, end)
          break
        case spanField.links:
          this.#links.add(buffer, start, end)
          break
        case spanField.droppedAttributesCount:
          this.#droppedAttributes = { buffer, at, end }
          break
        case spanField.droppedEventsCount:
          this.#droppedEvents = readUint32(buffer, start)
          break
        case spanField.droppedLinksCount:
          this.#droppedLinks = { buffer, at, end }
          break
        default:
          this.#unknown.push({ buffer, at, end })
      }
    }
    this.#traceState ??= traceState
    this.#kind ??= kind
    this.#flags ??= flags
  }

  write(writer: WireWriter, { maxSpanEvents, link }: SpanPlan): void {
    copy(writer, this.#traceState)
    copy(writer, this.#kind)
    copy(writer, this.#flags)
    copy(writer, this.#droppedAttributes)
    const dropped = this.#droppedEvents + this.#events.write(writer, maxSpanEvents)
    if (dropped > 0) {
      writer.byte(droppedEventsTag)
      writer.varint(Math.min(dropped, 0xffff_ffff))
    }
    this.#links.write(writer, link)
    copy(writer, this.#droppedLinks)
    for (const stretch of this.#unknown) copy(writer, stretch)
  }
}

function copy(writer: WireWriter, stretch: Stretch | undefined): void {
  if (stretch !== undefined) writer.raw(stretch.buffer, stretch.at, stretch.end)
}
