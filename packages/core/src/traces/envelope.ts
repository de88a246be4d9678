import { merged, readText } from './attribute-reader.ts'
import { resourceSpansField } from './fields.ts'
import { FieldCursor } from './wire.ts'

const { resource: headField, scopeSpans: childrenField, schemaUrl: schemaUrlField } = resourceSpansField

/**
 * The head of a `ResourceSpans` or of a `ScopeSpans`, which are alike: everything but the children in field 2,
 * with fields that nobody knows yet.
 *
 * Made over the bytes of the whole message; looks into them when asked.
 */
export class Envelope {
  readonly #buffer: Buffer
  readonly #start: number
  readonly #end: number
  #bytes: Buffer | undefined
  #head: Buffer | undefined

  constructor(buffer: Buffer, start: number = 0, end: number = buffer.length) {
    this.#buffer = buffer
    this.#start = start
    this.#end = end
  }

  /** The message without its children. */
  get bytes(): Buffer {
    return (this.#bytes ??= this.#withoutChildren())
  }

  /** The `Resource` or `InstrumentationScope`, merged if it occurs several times. */
  get head(): Buffer {
    return (this.#head ??= this.#mergedHead())
  }

  get schemaUrl(): string {
    const { bytes } = this
    const fields = new FieldCursor(bytes, 0, bytes.length)
    let url = ''
    while (fields.next()) if (fields.field === schemaUrlField) url = readText(bytes, fields.start, fields.end)
    return url
  }

  #mergedHead(): Buffer {
    const { bytes } = this
    const { buffer, start, end } = merged(bytes, 0, bytes.length, headField)
    return buffer.subarray(start, end)
  }

  #withoutChildren(): Buffer {
    return bytesWithoutField(this.#buffer, this.#start, this.#end, childrenField)
  }
}

/** The message without one of its fields; a view where what is left lies in one piece. */
export function bytesWithoutField(buffer: Buffer, start: number, end: number, without: number): Buffer {
  const fields = new FieldCursor(buffer, start, end)
  const parts: Buffer[] = []
  let from = -1
  let to = -1
  while (fields.next()) {
    if (fields.field === without) continue
    if (fields.at !== to) {
      if (from >= 0) parts.push(buffer.subarray(from, to))
      from = fields.at
    }
    to = fields.end
  }
  if (from < 0) return nothing
  const last = buffer.subarray(from, to)
  return parts.length === 0 ? last : Buffer.concat([...parts, last])
}

const nothing = Buffer.alloc(0)
