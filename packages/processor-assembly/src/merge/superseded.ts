import {
  type AttributeValue,
  eventField,
  FieldCursor,
  spanField,
  WireWriter,
  writeAttribute,
} from '@spanloom/core/traces'

import { mark } from '../fragment/control.ts'
import type { Fragment, FragmentStatus } from '../fragment/fragment.ts'
import { AttributeCells } from './attribute-cells.ts'
import type { Superseded } from './span-plan.ts'

const timeTag = (eventField.timeUnixNano << 3) | 1
const nameTag = (eventField.name << 3) | 2
const attributeTag = (eventField.attributes << 3) | 2

const statusNames = ['UNSET', 'OK', 'ERROR']

/**
 * The content of the span event that keeps an extra start, or an end that does not count, visible
 * (`assembly.md` section 5).
 *
 * @param name of the span that the fragment is part of
 * @param status of that span
 */
export function supersededEvent(
  fragment: Fragment,
  as: Superseded,
  name: string,
  status: FragmentStatus,
): Buffer {
  const marks = marksOf(fragment, as, name, status)
  const writer = new WireWriter()
  try {
    writer.byte(timeTag)
    writer.fixed64(as === 'end' ? fragment.end : fragment.time)
    writer.byte(nameTag)
    writer.lengthAndText(mark.supersededEvent)
    writeOwn(writer, fragment, marks)
    for (const [key, value] of marks) writeAttribute(writer, attributeTag, key, value)
    return writer.take()
  } finally {
    writer.release()
  }
}

type Marks = ReadonlyMap<string, AttributeValue>

function marksOf(fragment: Fragment, as: Superseded, name: string, status: FragmentStatus): Marks {
  const marks = new Map<string, AttributeValue>([[mark.fragment, as]])
  const { name: ownName, status: own } = fragment
  if (ownName !== '' && ownName !== name) marks.set(mark.name, ownName)
  if (own.code !== 0 && own.code !== status.code) {
    marks.set(mark.statusCode, statusNames[own.code] ?? String(own.code))
  }
  if (own.message !== '' && own.message !== status.message) marks.set(mark.statusMessage, own.message)
  return marks
}

/** Attributes of the fragment: the same `KeyValue` under the tag of an event's. */
function writeOwn(writer: WireWriter, { buffer, from, to }: Fragment, marks: Marks): void {
  const cells = new AttributeCells(marks)
  const fields = new FieldCursor(buffer, from, to)
  while (fields.next()) {
    if (fields.field === spanField.attributes) cells.add(buffer, fields.at, fields.start, fields.end, none)
  }
  cells.writeAs(writer, attributeTag)
}

const none: readonly string[] = []
