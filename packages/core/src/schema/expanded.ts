/**
 * A value that came whole from a `${…}` reference (CFG-55). What it is depends on the field: a text field
 * takes the raw text, any other the value that the text means as YAML.
 */
export class Expanded {
  readonly value: unknown
  readonly text: string

  constructor(value: unknown, text: string) {
    this.value = value
    this.text = text
  }
}

/** Replaces every `Expanded` inside by the value it means; maps become objects without prototype. */
export function withoutExpanded(value: unknown): unknown {
  if (value instanceof Expanded) return withoutExpanded(value.value)
  if (Array.isArray(value)) return Object.freeze(value.map(withoutExpanded))
  if (!isRecord(value)) return value
  const result: Record<string, unknown> = Object.create(null)
  for (const key of Object.keys(value)) result[key] = withoutExpanded(value[key])
  return Object.freeze(result)
}

/** Whether the value is a map: neither a list nor an instance of some class with a tag of its own. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return (
    typeof value === 'object' &&
    value !== null &&
    !(value instanceof Expanded) &&
    Object.prototype.toString.call(value) === '[object Object]'
  )
}
