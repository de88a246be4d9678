import { isUtf8 } from 'node:buffer'

/** A JSON number that a double cannot hold as it was written. */
export class WrittenNumber {
  /** The number as it stands in the document. */
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** A value of a parsed body: JSON, but for numbers that would lose digits. */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | WrittenNumber
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue }
export type JsonObject = { readonly [name: string]: JsonValue }

/** Whether a value is an object: neither null, nor a list, nor a number that kept its digits. */
export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof WrittenNumber)
  )
}

/** Parses a body of UTF-8 JSON, with a byte order mark perhaps. Throws a `SyntaxError` for anything else. */
export function parseJsonBody(body: Uint8Array | string): JsonValue {
  const text = typeof body === 'string' ? body : decode(body)
  const json = text.startsWith('\uFEFF') ? text.slice(1) : text
  // The reviver costs several times the parsing itself, so it runs only where it may find something.
  if (!mayLoseDigits.test(json)) return JSON.parse(json)
  try {
    return JSON.parse(json, keepDigits)
  } catch (error) {
    // Revival recurses: nesting that exhausts the stack is no document anyone meant.
    if (error instanceof RangeError)
      throw new SyntaxError('The document is nested too deeply.', { cause: error })
    throw error
  }
}

function decode(body: Uint8Array): string {
  if (!isUtf8(body)) throw new SyntaxError('The document is not UTF-8.')
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8')
}

/** A number of 16 characters or more, or one with an exponent; it may match inside a text, which does no harm. */
const mayLoseDigits = /[[:,]\s*(?:[-.\d]{16}|-?[.\d]+[eE])/

// Depends on the number alone, so that one event gets one identity whatever message it comes in.
function keepDigits(_name: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || context?.source === undefined) return value
  const { source } = context
  const exact = Math.abs(value) <= Number.MAX_SAFE_INTEGER && (source.length < 16 || String(value) === source)
  return exact ? value : new WrittenNumber(source)
}
