import {
  FieldCursor,
  keyValueField,
  span,
  spanField,
  varintLength,
  type WireWriter,
  writeVarint,
} from '@spanloom/core'

import { hexByte, putHex } from '../identity/hex.ts'
import type { Derivation } from '../identity/trace-id.ts'
import type { Verdict } from '../identity/verdict.ts'
import type { Command } from '../tracking/command.ts'
import { type CommandEnd, commandSpan, longestText } from './command-span.ts'

const spansTag = 0x12
const absent = -1
const ascii = /^[\0-\x7f]*$/

/** What a span's bytes depend on besides its origin, its operation, and what is written over them. */
interface Form {
  readonly derivation: Derivation
  readonly verdict: Verdict | undefined
  readonly errorType: string | undefined
  readonly hasParent: boolean
  /** Lengths of texts; {@link absent} for none. */
  readonly requestId: number
  readonly verbatimTraceId: number
  readonly verbatimSpanId: number
}

/**
 * Spans of commands that are alike but for their ids, times and texts of equal length: the encoding of one of them,
 * over which the others write what is their own. Nothing here knows how a span is encoded.
 */
export class Stencil {
  readonly #form: Form
  /** The `Span` with tag and length. */
  readonly #bytes: Buffer
  // Where things stand in it.
  readonly #traceId: number
  readonly #spanId: number
  readonly #parentSpanId: number
  readonly #start: number
  readonly #end: number
  readonly #requestIdText: number
  readonly #traceIdText: number
  readonly #spanIdText: number

  private constructor(command: Command, end: CommandEnd) {
    const { bytes } = span(commandSpan(command, end))
    const head = 1 + varintLength(bytes.length)
    this.#bytes = Buffer.allocUnsafeSlow(head + bytes.length)
    this.#bytes[0] = spansTag
    writeVarint(this.#bytes, 1, bytes.length)
    this.#bytes.set(bytes, head)
    this.#form = formOf(command, end.errorType)
    const { startOf, endOfAttribute } = placesIn(this.#bytes, head)
    this.#traceId = startOf(spanField.traceId)
    this.#spanId = startOf(spanField.spanId)
    this.#parentSpanId = startOf(spanField.parentSpanId)
    this.#start = startOf(spanField.startTimeUnixNano)
    this.#end = startOf(spanField.endTimeUnixNano)
    this.#requestIdText = endOfAttribute('messaging.message.conversation_id') - this.#form.requestId
    this.#traceIdText = endOfAttribute('spanloom.trace_id') - this.#form.verbatimTraceId
    this.#spanIdText = endOfAttribute('spanloom.span_id') - this.#form.verbatimSpanId
  }

  /** Made after one command that is covered; `undefined` if one of its texts is not ASCII. */
  static of(command: Command, end: CommandEnd): Stencil | undefined {
    const { requestId = '', verbatimTraceId = '', verbatimSpanId = '' } = command
    return ascii.test(requestId + verbatimTraceId + verbatimSpanId) ? new Stencil(command, end) : undefined
  }

  /** Whether the span of a command has nothing of its own but ids, times and texts of usual length. */
  static covers(command: Command): boolean {
    return (
      command.traceState === '' &&
      command.links.length === 0 &&
      command.timeline === undefined &&
      command.state !== 'untracked' &&
      command.deliveryCount === 1 &&
      command.items === 0 &&
      command.queueMs === 0 &&
      lengthOf(command.requestId) <= longestText &&
      lengthOf(command.verbatimTraceId) <= longestText &&
      lengthOf(command.verbatimSpanId) <= longestText &&
      // A time of 0 is not written at all.
      command.receivedAt >= 1 &&
      isEmpty(command.attributes)
    )
  }

  /** Whether the span of a covered command of the same origin and operation has this very form. */
  fits(command: Command, errorType: string | undefined): boolean {
    const form = this.#form
    return (
      form.derivation === command.derivation &&
      form.errorType === errorType &&
      form.verdict === command.verdict &&
      form.hasParent === (command.parentSpanId !== undefined) &&
      form.requestId === lengthOf(command.requestId) &&
      form.verbatimTraceId === lengthOf(command.verbatimTraceId) &&
      form.verbatimSpanId === lengthOf(command.verbatimSpanId)
    )
  }

  /** Writes the span of a command that this fits, with its tag; false, and nothing is written, if a text is not ASCII. */
  write(writer: WireWriter, command: Command, at: number): boolean {
    const { position } = writer
    const buffer = writer.reserve(this.#bytes.length)
    buffer.set(this.#bytes, position)
    const {
      requestId = '',
      verbatimTraceId = '',
      verbatimSpanId = '',
      parentSpanId,
      spanId,
      receivedAt,
    } = command
    const written =
      putAscii(requestId, buffer, position + this.#requestIdText) &&
      putId(
        verbatimTraceId,
        command.traceId,
        buffer,
        position + this.#traceIdText,
        position + this.#traceId,
      ) &&
      putId(verbatimSpanId, parentSpanId, buffer, position + this.#spanIdText, position + this.#parentSpanId)
    if (!written) return false
    putWord(spanId.high, buffer, position + this.#spanId)
    putWord(spanId.low, buffer, position + this.#spanId + 4)
    putTime(receivedAt, buffer, position + this.#start)
    putTime(Math.max(at, receivedAt), buffer, position + this.#end)
    writer.position = position + this.#bytes.length
    return true
  }
}

function formOf(command: Command, errorType: string | undefined): Form {
  return {
    derivation: command.derivation,
    verdict: command.verdict,
    errorType,
    hasParent: command.parentSpanId !== undefined,
    requestId: lengthOf(command.requestId),
    verbatimTraceId: lengthOf(command.verbatimTraceId),
    verbatimSpanId: lengthOf(command.verbatimSpanId),
  }
}

const lengthOf = (text: string | undefined): number => text?.length ?? absent

/** Where the fields of a span begin, and where its attributes end, which is where their texts end. */
function placesIn(bytes: Buffer, from: number) {
  const starts = new Map<number, number>()
  const ends = new Map<string, number>()
  const fields = new FieldCursor(bytes, from, bytes.length)
  while (fields.next()) {
    starts.set(fields.field, fields.start)
    if (fields.field !== spanField.attributes) continue
    const pair = new FieldCursor(bytes, fields.start, fields.end)
    while (pair.next())
      if (pair.field === keyValueField.key) ends.set(bytes.toString('utf8', pair.start, pair.end), fields.end)
  }
  return {
    startOf: (field: number): number => starts.get(field) ?? absent,
    endOfAttribute: (key: string): number => ends.get(key) ?? absent,
  }
}

function isEmpty(record: object): boolean {
  for (const _ in record) return false
  return true
}

/** False for a text that is not ASCII. */
function putAscii(text: string, buffer: Buffer, start: number): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code > 0x7f) return false
    buffer[start + at] = code
  }
  return true
}

/** An id as it was sent, and as bytes; false where the former is not ASCII. Usually both are one text. */
function putId(
  verbatim: string,
  id: string | undefined,
  buffer: Buffer,
  textAt: number,
  idAt: number,
): boolean {
  if (id === undefined) return putAscii(verbatim, buffer, textAt)
  if (id !== verbatim) {
    putHex(id, buffer, idAt)
    return putAscii(verbatim, buffer, textAt)
  }
  for (let at = 0; at < id.length; at += 2) {
    const [high, low] = [id.charCodeAt(at), id.charCodeAt(at + 1)]
    buffer[textAt + at] = high
    buffer[textAt + at + 1] = low
    buffer[idAt + (at >> 1)] = hexByte(high, low)
  }
  return true
}

/** Four bytes, the first one of most weight, as ids are written. */
function putWord(word: number, buffer: Buffer, start: number): void {
  buffer[start] = word >>> 24
  buffer[start + 1] = word >>> 16
  buffer[start + 2] = word >>> 8
  buffer[start + 3] = word
}

const wordSize = 2 ** 32

/** Nanoseconds of a time in milliseconds, exact to the microsecond, in two halves: one number would not hold them. */
function putTime(ms: number, buffer: Buffer, start: number): void {
  const micros = Math.round(ms * 1000)
  const high = Math.floor(micros / wordSize)
  const low = (micros - high * wordSize) * 1000
  const carry = Math.floor(low / wordSize)
  putLittle(low - carry * wordSize, buffer, start)
  putLittle(high * 1000 + carry, buffer, start + 4)
}

function putLittle(word: number, buffer: Buffer, start: number): void {
  buffer[start] = word
  buffer[start + 1] = word >>> 8
  buffer[start + 2] = word >>> 16
  buffer[start + 3] = word >>> 24
}
