import { FieldCursor, WireWriter } from '../../src/traces/index.ts'

/** Which field of which message is again a message. */
interface Shape {
  readonly [field: number]: Shape
}

const anyValue: { [field: number]: Shape } = {}
const keyValue: Shape = { 2: anyValue }
anyValue[5] = { 1: anyValue }
anyValue[6] = { 1: keyValue }

const head: Shape = { 1: keyValue }
const scope: Shape = { 3: keyValue }
const status: Shape = {}
const span: Shape = { 9: keyValue, 11: { 3: keyValue }, 13: { 4: keyValue }, 15: status }

/** The shape of `TracesData` down to its attributes. */
export const tracesShape: Shape = { 1: { 1: head, 2: { 1: scope, 2: span } } }

/** What {@link scramble} does beside walking; each leaves the meaning as it is. */
export interface ScrambleOptions {
  /** Draws a number from 0 to below `bound`. */
  readonly draw: (bound: number) => number
  /** Adds fields that OTLP does not have, at every level. */
  readonly unknownFields?: boolean
  /** Writes tags and lengths in more bytes than they need. */
  readonly longVarints?: boolean
  /** Cuts messages that may occur once into two parts, which are their merge. */
  readonly parts?: boolean
}

/** The marks of all unknown fields that were added. */
export interface Scrambled {
  readonly bytes: Buffer
  readonly marks: readonly string[]
}

/** Rewrites an encoding into an odd but equal one. */
export function scramble(bytes: Buffer, shape: Shape, options: ScrambleOptions): Scrambled {
  const marks: string[] = []
  const content = scrambled(bytes, 0, bytes.length, shape, options, marks)
  return { bytes: content, marks }
}

function scrambled(
  buffer: Buffer,
  start: number,
  end: number,
  shape: Shape,
  options: ScrambleOptions,
  marks: string[],
): Buffer {
  const writer = new WireWriter()
  const fields = new FieldCursor(buffer, start, end)
  addUnknown(writer, options, marks)
  while (fields.next()) {
    const inner = shape[fields.field]
    if (inner === undefined) writer.raw(buffer, fields.at, fields.end)
    else {
      const content = scrambled(buffer, fields.start, fields.end, inner, options, marks)
      writeParts(writer, fields.field, content, isSingle(shape, fields.field), options)
    }
    addUnknown(writer, options, marks)
  }
  const bytes = writer.take()
  writer.release()
  return bytes
}

/** Resource, scope, status and the value of an attribute occur once at most: two of them are parts of one. */
function isSingle(shape: Shape, field: number): boolean {
  const inner = shape[field]
  return inner === head || inner === scope || inner === status || (shape === keyValue && inner === anyValue)
}

function writeParts(
  writer: WireWriter,
  field: number,
  content: Buffer,
  single: boolean,
  options: ScrambleOptions,
): void {
  const parts = options.parts === true && single ? cut(content, options) : [content]
  for (const part of parts) {
    longVarint(writer, (field << 3) | 2, options)
    longVarint(writer, part.length, options)
    writer.raw(part)
  }
}

function cut(content: Buffer, { draw }: ScrambleOptions): Buffer[] {
  const borders = [0]
  const fields = new FieldCursor(content, 0, content.length)
  while (fields.next()) borders.push(fields.end)
  const at = borders[draw(borders.length)] ?? 0
  return [content.subarray(0, at), content.subarray(at)]
}

function longVarint(writer: WireWriter, value: number, { longVarints = false, draw }: ScrambleOptions): void {
  const extra = longVarints ? draw(5) : 0
  let rest = value
  let written = 0
  while (rest > 0x7f || written < extra) {
    writer.byte((rest & 0x7f) | 0x80)
    rest >>>= 7
    written++
  }
  writer.byte(rest)
}

function addUnknown(
  writer: WireWriter,
  { unknownFields = false, draw }: ScrambleOptions,
  marks: string[],
): void {
  if (!unknownFields || draw(3) !== 0) return
  const mark = `mark-${marks.length}-${draw(1_000_000)};`
  marks.push(mark)
  const field = 50 + draw(3000)
  switch (draw(5)) {
    case 0:
      writer.tag(field, 0)
      writer.int64(-BigInt(draw(1_000_000)))
      break
    case 1:
      writer.tag(field, 1)
      writer.fixed64(BigInt(draw(1_000_000)))
      break
    case 2:
      writer.tag(field, 5)
      writer.fixed32(draw(1_000_000))
      break
    case 3:
      writer.tag(field, 3)
      writer.tag(field + 1, 3)
      writer.tag(1, 2)
      writer.lengthAndText(mark)
      writer.tag(field + 1, 4)
      writer.tag(field, 4)
      return
    default:
  }
  writer.tag(field, 2)
  writer.lengthAndText(mark)
}

/** A sequence of numbers that depends on the seed alone. */
export function drawFrom(seed: number): (bound: number) => number {
  let state = seed >>> 0
  return (bound) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * bound)
  }
}
