import { type JsonValue, WrittenNumber } from './json-body.ts'

/** Nesting beyond this is an attack on the stack, not data. */
const maxDepth = 100

/** The value is nested deeper than anything that is meant to be read. */
export class TooDeepError extends RangeError {}

/** Compact JSON in the order of the document. Throws `TooDeepError`. */
export function jsonText(value: JsonValue): string {
  return write(value, false, 0)
}

/** Compact JSON with the names sorted at every level: one text for one event, however it was written. Throws `TooDeepError`. */
export function canonicalJson(value: JsonValue): string {
  return write(value, true, 0)
}

function write(value: JsonValue, sorted: boolean, depth: number): string {
  if (value instanceof WrittenNumber) return value.text
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (depth === maxDepth) throw new TooDeepError('The value is nested too deeply.')
  if (isList(value)) return `[${value.map((item) => write(item, sorted, depth + 1)).join(',')}]`
  const entries = Object.entries(value)
  if (sorted) entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  return `{${entries.map(([name, item]) => `${JSON.stringify(name)}:${write(item, sorted, depth + 1)}`).join(',')}}`
}

// Array.isArray does not narrow a readonly list.
function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value)
}
