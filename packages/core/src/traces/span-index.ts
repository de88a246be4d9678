import { spanField } from './fields.ts'
import { FieldCursor, readUint32 } from './wire.ts'

/** Where the single fields of one span lie, found in one walk. Positions of absent fields are 0. */
export class SpanIndex {
  traceIdStart: number = 0
  traceIdEnd: number = 0
  spanIdStart: number = 0
  spanIdEnd: number = 0
  parentSpanIdStart: number = 0
  parentSpanIdEnd: number = 0
  traceStateStart: number = 0
  traceStateEnd: number = 0
  nameStart: number = 0
  nameEnd: number = 0
  startTime: number = 0
  endTime: number = 0
  /** All parts of the status lie between these; parts of it are merged. */
  statusStart: number = 0
  statusEnd: number = 0
  statusParts: number = 0
  kind: number = 0
  flags: number = 0
  droppedAttributesCount: number = 0
  droppedEventsCount: number = 0
  droppedLinksCount: number = 0
  /** The stretch from the first to behind the last attribute; the same for events and links. */
  attributesStart: number = 0
  attributesEnd: number = 0
  eventsStart: number = 0
  eventsEnd: number = 0
  linksStart: number = 0
  linksEnd: number = 0

  constructor(buffer: Buffer, start: number, end: number) {
    const fields = new FieldCursor(buffer, start, end)
    while (fields.next()) this.#note(fields, buffer)
  }

  #note(fields: FieldCursor, buffer: Buffer): void {
    switch (fields.field) {
      case spanField.attributes:
        if (this.attributesEnd === 0) this.attributesStart = fields.at
        this.attributesEnd = fields.end
        break
      case spanField.traceId:
        this.traceIdStart = fields.start
        this.traceIdEnd = fields.end
        break
      case spanField.spanId:
        this.spanIdStart = fields.start
        this.spanIdEnd = fields.end
        break
      case spanField.traceState:
        this.traceStateStart = fields.start
        this.traceStateEnd = fields.end
        break
      case spanField.parentSpanId:
        this.parentSpanIdStart = fields.start
        this.parentSpanIdEnd = fields.end
        break
      case spanField.name:
        this.nameStart = fields.start
        this.nameEnd = fields.end
        break
      case spanField.kind:
        this.kind = readUint32(buffer, fields.start) | 0
        break
      case spanField.startTimeUnixNano:
        this.startTime = fields.start
        break
      case spanField.endTimeUnixNano:
        this.endTime = fields.start
        break
      case spanField.droppedAttributesCount:
        this.droppedAttributesCount = readUint32(buffer, fields.start)
        break
      case spanField.events:
        if (this.eventsEnd === 0) this.eventsStart = fields.at
        this.eventsEnd = fields.end
        break
      case spanField.droppedEventsCount:
        this.droppedEventsCount = readUint32(buffer, fields.start)
        break
      case spanField.links:
        if (this.linksEnd === 0) this.linksStart = fields.at
        this.linksEnd = fields.end
        break
      case spanField.droppedLinksCount:
        this.droppedLinksCount = readUint32(buffer, fields.start)
        break
      case spanField.status:
        if (this.statusParts++ === 0) this.statusStart = fields.start
        this.statusEnd = fields.end
        break
      case spanField.flags:
        this.flags = buffer.readUInt32LE(fields.start)
        break
      default:
    }
  }
}
