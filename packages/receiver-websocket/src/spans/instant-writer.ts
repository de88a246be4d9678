import { WireWriter, writeAttribute } from '@spanloom/core'

import type { Command } from '../tracking/command.ts'
import { localParentFlags, remoteParentFlags, shortened } from './command-span.ts'

const tag = {
  traceId: 0x0a,
  spanId: 0x12,
  parentSpanId: 0x22,
  name: 0x2a,
  kind: 0x30,
  start: 0x39,
  end: 0x41,
  attribute: 0x4a,
} as const
const consumer = 5
/** Different beginnings that are kept; beyond it, operations are probably no operations. */
const mostKept = 256

/**
 * Writes spans of commands that end as they begin. A tap of one-way commands makes nothing else, tens of thousands a
 * second, so that what is the same in all of them is encoded once.
 */
export class InstantWriter {
  /** Name, kind and attributes that depend on the origin and the operation only. */
  readonly #beginnings = new Map<string, Buffer>()
  #attributes: Command['origin']['attributes'] | undefined

  /** Whether the span of a command has nothing but what this writes. */
  static takes(command: Command): boolean {
    return (
      command.traceState === '' &&
      command.links.length === 0 &&
      command.timeline === undefined &&
      command.state !== 'untracked' &&
      Object.keys(command.attributes).length === 0
    )
  }

  /** Writes the content of a `Span` of zero length. */
  write(writer: WireWriter, command: Command): void {
    writeHex(writer, tag.traceId, command.traceId)
    writeHex(writer, tag.spanId, command.spanId)
    const { parentSpanId, requestId, verbatimTraceId, verbatimSpanId } = command
    if (parentSpanId !== undefined) writeHex(writer, tag.parentSpanId, parentSpanId)
    writer.raw(this.#beginningOf(command))
    const micros = Math.round(command.receivedAt * 1000)
    writeTime(writer, tag.start, micros)
    writeTime(writer, tag.end, micros)
    if (requestId !== undefined)
      writeAttribute(writer, tag.attribute, 'messaging.message.conversation_id', shortened(requestId))
    if (verbatimTraceId !== undefined)
      writeAttribute(writer, tag.attribute, 'spanloom.trace_id', shortened(verbatimTraceId))
    if (verbatimSpanId !== undefined)
      writeAttribute(writer, tag.attribute, 'spanloom.span_id', shortened(verbatimSpanId))
    writer.byte(0x85)
    writer.byte(1)
    writer.fixed32(parentSpanId === undefined ? localParentFlags : remoteParentFlags)
  }

  #beginningOf({ origin, operation, operationName, derivation }: Command): Buffer {
    if (this.#attributes !== origin.attributes) {
      this.#beginnings.clear()
      this.#attributes = origin.attributes
    }
    const key = `${derivation} ${operation}`
    const known = this.#beginnings.get(key)
    if (known !== undefined) return known
    const writer = new WireWriter()
    writer.byte(tag.name)
    writer.lengthAndText(`process ${operationName}`)
    writer.byte(tag.kind)
    writer.byte(consumer)
    for (const [name, value] of Object.entries(origin.attributes))
      writeAttribute(writer, tag.attribute, name, value)
    writeAttribute(writer, tag.attribute, 'spanloom.operation', operation)
    writeAttribute(writer, tag.attribute, 'spanloom.trace_id.derivation', derivation)
    const beginning = writer.take()
    writer.release()
    if (this.#beginnings.size >= mostKept) this.#beginnings.clear()
    this.#beginnings.set(key, beginning)
    return beginning
  }
}

function writeHex(writer: WireWriter, field: number, id: string): void {
  const size = id.length >> 1
  const { position } = writer
  const buffer = writer.reserve(size + 2)
  buffer[position] = field
  buffer[position + 1] = size
  buffer.write(id, position + 2, 'hex')
  writer.position = position + 2 + size
}

/** Nanoseconds of a time in microseconds, in two halves: as one number they would not be exact. */
function writeTime(writer: WireWriter, field: number, micros: number): void {
  const low = (micros % 2 ** 32) * 1000
  writer.byte(field)
  writer.fixed32(low % 2 ** 32)
  writer.fixed32(Math.floor(micros / 2 ** 32) * 1000 + Math.floor(low / 2 ** 32))
}
