import {
  Envelope,
  FieldCursor,
  Resource,
  resourceField,
  resourceSpansField,
  WireWriter,
} from '@spanloom/core/traces'

import type { Fragment } from '../fragment/fragment.ts'
import { AttributeCells } from './attribute-cells.ts'

const resourceTag = (resourceSpansField.resource << 3) | 2
const nothing: ReadonlySet<string> = new Set()

/** The resource of a span: attributes of later fragments win, known ones over assumed ones. */
export function mergedResource(fragments: readonly Fragment[]): Resource {
  let first: Resource | undefined
  let differ = false
  for (const { closing, resource } of fragments) {
    if (closing || resource === undefined) continue
    if (first === undefined) first = resource
    else differ ||= !first.equals(resource)
  }
  if (first === undefined) return Resource.empty
  return differ ? merge(fragments.filter(({ closing }) => !closing)) : first
}

function merge(fragments: readonly Fragment[]): Resource {
  const cells = new AttributeCells(nothing)
  const inside = new LastOnes()
  const around = new LastOnes()
  for (const { resource, assumed } of fragments) {
    if (resource === undefined) continue
    const head = resource.bytes
    const fields = new FieldCursor(head, 0, head.length)
    while (fields.next()) {
      if (fields.field === resourceField.attributes)
        cells.add(head, fields.at, fields.start, fields.end, assumed)
      else inside.add(head, fields.at, fields.end)
    }
    const whole = resource.envelope.bytes
    const outer = new FieldCursor(whole, 0, whole.length)
    while (outer.next()) {
      if (outer.field !== resourceSpansField.resource) around.add(whole, outer.at, outer.end)
    }
  }
  const writer = new WireWriter()
  try {
    const start = writer.open(resourceTag)
    cells.write(writer)
    inside.write(writer)
    writer.close(start)
    around.write(writer)
    return new Resource(new Envelope(writer.take()))
  } finally {
    writer.release()
  }
}

/** Fields that are copied as they are, equal ones once and where they came last. */
class LastOnes {
  readonly #fields = new Map<string, Buffer>()

  add(buffer: Buffer, at: number, end: number): void {
    const text = buffer.toString('latin1', at, end)
    this.#fields.delete(text)
    this.#fields.set(text, buffer.subarray(at, end))
  }

  write(writer: WireWriter): void {
    for (const bytes of this.#fields.values()) writer.raw(bytes)
  }
}
