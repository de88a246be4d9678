import {
  FieldCursor,
  hexToBytes,
  linkField,
  spanField,
  writeAttribute,
  WireWriter,
} from '@spanloom/core/traces'

import { textOf } from '../fragment/control-value.ts'
import { isLinkKey, mark } from '../fragment/control.ts'
import { KeyRange } from '../fragment/key-range.ts'
import { canonicalKey } from '../fragment/key.ts'
import type { Range } from '../fragment/ranges.ts'
import type { RunIds } from '../runs/ids.ts'
import type { AddedLink } from './span-plan.ts'

const linkTag = (spanField.links << 3) | 2
const traceIdTag = (linkField.traceId << 3) | 2
const spanIdTag = (linkField.spanId << 3) | 2
const attributeTag = (linkField.attributes << 3) | 2

const keyRange = new KeyRange()

/** Links of several fragments: equal ones once, those that name a key with the ids behind it. */
export class LinkCells {
  #links: Range[] = none
  #seen: Set<string> | undefined
  readonly #target: (key: string) => RunIds | undefined

  constructor(target: (key: string) => RunIds | undefined) {
    this.#target = target
  }

  /** Takes the link between `start` and `end`. */
  add(buffer: Buffer, start: number, end: number): void {
    const named = nameOf(buffer, start, end)
    if (named === undefined) return this.#keep({ buffer, start, end })
    const bytes = resolved(buffer, start, end, named === '' ? undefined : this.#target(named))
    this.#keep({ buffer: bytes, start: 0, end: bytes.length })
  }

  write(writer: WireWriter, added: AddedLink | undefined): void {
    for (const { buffer, start, end } of this.#links) {
      writer.byte(linkTag)
      writer.varint(end - start)
      writer.raw(buffer, start, end)
    }
    if (added !== undefined) writeAdded(writer, added)
  }

  #keep(link: Range): void {
    const [first] = this.#links
    if (first === undefined) {
      this.#links = [link]
      return
    }
    this.#seen ??= new Set([textOfRange(first)])
    const text = textOfRange(link)
    if (this.#seen.has(text)) return
    this.#seen.add(text)
    this.#links.push(link)
  }
}

const none: Range[] = []

function textOfRange({ buffer, start, end }: Range): string {
  return buffer.toString('latin1', start, end)
}

/** Canonical key that the link names; undefined when it has no such attribute. */
function nameOf(buffer: Buffer, start: number, end: number): string | undefined {
  const fields = new FieldCursor(buffer, start, end)
  let name: string | undefined
  while (fields.next()) {
    if (fields.field !== linkField.attributes) continue
    keyRange.find(buffer, fields.start, fields.end)
    if (isLinkKey(buffer, keyRange.start, keyRange.end))
      name = canonicalKey(textOf(buffer, fields.start, fields.end))
  }
  return name
}

/** The link without the attribute that steers it, with these ids if they are known. */
function resolved(buffer: Buffer, start: number, end: number, ids: RunIds | undefined): Buffer {
  const writer = new WireWriter()
  try {
    if (ids !== undefined) writeIds(writer, ids)
    const fields = new FieldCursor(buffer, start, end)
    while (fields.next()) {
      if (ids !== undefined && (fields.field === linkField.traceId || fields.field === linkField.spanId))
        continue
      if (fields.field === linkField.attributes) {
        keyRange.find(buffer, fields.start, fields.end)
        if (isLinkKey(buffer, keyRange.start, keyRange.end)) continue
      }
      writer.raw(buffer, fields.at, fields.end)
    }
    return writer.take()
  } finally {
    writer.release()
  }
}

function writeIds(writer: WireWriter, { traceId, spanId }: RunIds): void {
  writer.byte(traceIdTag)
  writer.lengthAndBytes(hexToBytes(traceId))
  writer.byte(spanIdTag)
  writer.lengthAndBytes(hexToBytes(spanId))
}

function writeAdded(writer: WireWriter, { traceId, spanId, reason }: AddedLink): void {
  const link = writer.open(linkTag)
  writeIds(writer, { traceId, spanId })
  writeAttribute(writer, attributeTag, mark.linkReason, reason)
  writer.close(link)
}
