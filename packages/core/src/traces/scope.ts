import { findAttribute, readAttributes, readText } from './attribute-reader.ts'
import { writeAttributes } from './attribute-writer.ts'
import { Envelope } from './envelope.ts'
import { scopeField } from './fields.ts'
import { type Attributes, type AttributeValue } from './values.ts'
import { WireWriter } from './wire-writer.ts'
import { FieldCursor } from './wire.ts'

const scopeTag = 0x0a
const schemaUrlTag = 0x1a
const nameTag = 0x0a
const versionTag = 0x12
const attributeTag = 0x1a

/** What a {@link Scope} is made of. */
export interface ScopeInit {
  readonly name: string
  readonly version?: string
  readonly attributes?: Attributes
  readonly schemaUrl?: string
}

/** The instrumentation scope: the piece of software that made the spans. Immutable, read on demand. */
export class Scope {
  static readonly empty: Scope = new Scope(new Envelope(Buffer.alloc(0)))

  /** The head of the `ScopeSpans` that the scope came in. @internal */
  readonly envelope: Envelope

  /** Use {@link Scope.of}. @internal */
  constructor(envelope: Envelope) {
    this.envelope = envelope
  }

  static of({ name, version = '', attributes = {}, schemaUrl = '' }: ScopeInit): Scope {
    const writer = new WireWriter()
    try {
      const scope = writer.open(scopeTag)
      writeText(writer, nameTag, name)
      writeText(writer, versionTag, version)
      writeAttributes(writer, attributeTag, attributes)
      writer.closeUnlessEmpty(scope)
      writeText(writer, schemaUrlTag, schemaUrl)
      return new Scope(new Envelope(writer.take()))
    } finally {
      writer.release()
    }
  }

  /** The `InstrumentationScope` message. */
  get bytes(): Buffer {
    return this.envelope.head
  }

  get name(): string {
    return this.#text(scopeField.name)
  }

  get version(): string {
    return this.#text(scopeField.version)
  }

  get schemaUrl(): string {
    return this.envelope.schemaUrl
  }

  get attributes(): Attributes {
    const { bytes } = this
    return readAttributes(bytes, 0, bytes.length, scopeField.attributes)
  }

  /** One attribute; of several with this key the last one. */
  attribute(key: string): AttributeValue | undefined {
    const { bytes } = this
    return findAttribute(bytes, 0, bytes.length, scopeField.attributes, key)
  }

  /** Whether both have the same bytes, schema URL included. */
  equals(other: Scope): boolean {
    return this === other || this.envelope.bytes.equals(other.envelope.bytes)
  }

  #text(field: number): string {
    const { bytes } = this
    const fields = new FieldCursor(bytes, 0, bytes.length)
    let text = ''
    while (fields.next()) if (fields.field === field) text = readText(bytes, fields.start, fields.end)
    return text
  }
}

function writeText(writer: WireWriter, tag: number, text: string): void {
  if (text === '') return
  writer.byte(tag)
  writer.lengthAndText(text)
}
