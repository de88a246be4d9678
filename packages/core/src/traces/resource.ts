import { type AttributeChange, ReplacedKeys, writeWithout } from './attribute-change.ts'
import { findAttribute, readAttributes } from './attribute-reader.ts'
import { writeAttributes } from './attribute-writer.ts'
import { bytesWithoutField, Envelope } from './envelope.ts'
import { resourceField, resourceSpansField } from './fields.ts'
import { type Attributes, type AttributeValue } from './values.ts'
import { WireWriter } from './wire-writer.ts'

const resourceTag = 0x0a
const schemaUrlTag = 0x1a
const attributeTag = 0x0a

/** What emits spans, such as a service: attributes and the URL of their schema. Immutable, read on demand. */
export class Resource {
  static readonly empty: Resource = new Resource(new Envelope(Buffer.alloc(0)))

  /** The head of the `ResourceSpans` that the resource came in. @internal */
  readonly envelope: Envelope
  #attributes: Attributes | undefined

  /** Use {@link Resource.of}. @internal */
  constructor(envelope: Envelope) {
    this.envelope = envelope
  }

  static of(attributes: Attributes, { schemaUrl = '' }: { readonly schemaUrl?: string } = {}): Resource {
    const writer = new WireWriter()
    try {
      const resource = writer.open(resourceTag)
      writeAttributes(writer, attributeTag, attributes)
      writer.closeUnlessEmpty(resource)
      if (schemaUrl !== '') {
        writer.byte(schemaUrlTag)
        writer.lengthAndText(schemaUrl)
      }
      return new Resource(new Envelope(writer.take()))
    } finally {
      writer.release()
    }
  }

  /** The `Resource` message. */
  get bytes(): Buffer {
    return this.envelope.head
  }

  get schemaUrl(): string {
    return this.envelope.schemaUrl
  }

  get attributes(): Attributes {
    const { bytes } = this
    return (this.#attributes ??= readAttributes(bytes, 0, bytes.length, resourceField.attributes))
  }

  /** One attribute; of several with this key the last one. Reads nothing else. */
  attribute(key: string): AttributeValue | undefined {
    const { bytes } = this
    return findAttribute(bytes, 0, bytes.length, resourceField.attributes, key)
  }

  /** Whether both have the same bytes, schema URL included. */
  equals(other: Resource): boolean {
    return this === other || this.envelope.bytes.equals(other.envelope.bytes)
  }

  /** A changed copy; itself when there was nothing to change. */
  with(change: AttributeChange): Resource {
    const { bytes: head, envelope } = this
    const replaced = ReplacedKeys.of(change)
    const whole = { buffer: head, start: 0, end: head.length }
    const writer = new WireWriter()
    try {
      const resource = writer.open(resourceTag)
      const start = writer.position
      if (replaced !== undefined) writeWithout(writer, whole, resourceField.attributes, replaced)
      const removed = writer.position - start < head.length
      if (change.attributes !== undefined) writeAttributes(writer, attributeTag, change.attributes)
      if (replaced === undefined || (!removed && writer.position - start === head.length)) return this
      writer.close(resource)
      writer.raw(bytesWithoutField(envelope.bytes, 0, envelope.bytes.length, resourceSpansField.resource))
      return new Resource(new Envelope(writer.take()))
    } finally {
      writer.release()
    }
  }
}
