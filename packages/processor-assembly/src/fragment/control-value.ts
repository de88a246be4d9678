import {
  anyValueField,
  FieldCursor,
  keyValueField,
  listField,
  readBool,
  readInt64,
} from '@spanloom/core/traces'

/** More texts than this in one list are not read: a sender could make the index of keys grow without bound. */
const maxTexts = 64

/** The text in a `KeyValue`; '' when it is of another type. */
export function textOf(buffer: Buffer, start: number, end: number): string {
  const value = valueOf(buffer, start, end)
  return value?.field === anyValueField.stringValue ? buffer.toString('utf8', value.start, value.end) : ''
}

/** The text in the attribute whose field begins at `at`. */
export function textAt(buffer: Buffer, at: number, limit: number): string {
  const { start, end } = fieldAt(buffer, at, limit)
  return textOf(buffer, start, end)
}

/** The integer in a `KeyValue`; undefined when it is of another type. */
export function integerOf(buffer: Buffer, start: number, end: number): number | undefined {
  const value = valueOf(buffer, start, end)
  return value?.field === anyValueField.intValue ? Number(readInt64(buffer, value.start)) : undefined
}

/** Whether the `KeyValue` holds `true`. */
export function truthOf(buffer: Buffer, start: number, end: number): boolean {
  const value = valueOf(buffer, start, end)
  return value?.field === anyValueField.boolValue && readBool(buffer, value.start)
}

/** The texts of the list in the attribute whose field begins at `at`, empty ones left out. */
export function textsAt(buffer: Buffer, at: number, limit: number): readonly string[] {
  const { start, end } = fieldAt(buffer, at, limit)
  const value = valueOf(buffer, start, end)
  if (value?.field !== anyValueField.arrayValue) return []
  const items = new FieldCursor(buffer, value.start, value.end)
  const texts: string[] = []
  while (items.next() && texts.length < maxTexts) {
    if (items.field !== listField.values) continue
    const item = lastField(buffer, items.start, items.end)
    if (item?.field !== anyValueField.stringValue || item.start === item.end) continue
    texts.push(buffer.toString('utf8', item.start, item.end))
  }
  return texts
}

function fieldAt(buffer: Buffer, at: number, limit: number): FieldCursor {
  const fields = new FieldCursor(buffer, at, limit)
  fields.next()
  return fields
}

function valueOf(buffer: Buffer, start: number, end: number): FieldCursor | undefined {
  const fields = new FieldCursor(buffer, start, end)
  let value: FieldCursor | undefined
  while (fields.next()) {
    if (fields.field === keyValueField.value) value = lastField(buffer, fields.start, fields.end)
  }
  return value
}

/** Of the kinds in an `AnyValue` the last one counts. */
function lastField(buffer: Buffer, start: number, end: number): FieldCursor | undefined {
  const fields = new FieldCursor(buffer, start, end)
  let before = end
  while (fields.next()) before = fields.at
  if (before === end) return undefined
  const last = new FieldCursor(buffer, before, end)
  last.next()
  return last
}
