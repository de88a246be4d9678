import type { ConfigIssue } from '../errors/config-error.ts'
import { isRecord } from './expanded.ts'

/** Keys from the top to a value; list positions are numbers. */
export type Path = ConfigIssue['path']

/** Name of a value's type in the reference's words. */
export function typeName(value: unknown): string {
  if (value === null || value === undefined) return 'null'
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float64'
  if (typeof value !== 'object') return typeof value
  if (Array.isArray(value)) return 'list'
  return isRecord(value) ? 'map' : 'object'
}

/** A key or value for use inside a message: bounded, and without characters that could forge log lines. */
export function inMessage(text: string): string {
  const bounded = text.length > 100 ? `${text.slice(0, 100)}…` : text
  return bounded.replaceAll(
    /[\p{Cc}\u2028\u2029]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** A path inside a component in the reference's notation: `protocols.http`. */
export function dotted(path: Path): string {
  return inMessage(path.join('.'))
}

/** `'<path>' expected type 'int', got unconvertible type 'string'` (section 1.8). */
export function wrongType(
  path: Path,
  phrasePath: Path,
  expected: string,
  value: unknown,
  suggestion?: string,
): ConfigIssue {
  const got = typeName(value)
  const at = `'${dotted(phrasePath)}'`
  const message =
    expected === 'map' || expected === 'list'
      ? `${at} expected a ${expected}, got '${got}'`
      : `${at} expected type '${expected}', got unconvertible type '${got}'`
  return {
    code: 'wrong_type',
    path,
    message,
    at: 'value',
    ...(suggestion === undefined ? {} : { suggestion }),
  }
}

/** `'<path>' has invalid keys: <key>` (section 1.8); `path` is that of the key. */
export function unknownKey(path: Path, phrasePath: Path, suggestion: string | undefined): ConfigIssue {
  const key = inMessage(String(phrasePath.at(-1) ?? ''))
  return {
    code: 'unknown_key',
    path,
    message: `'${dotted(phrasePath.slice(0, -1))}' has invalid keys: ${key}`,
    at: 'key',
    ...(suggestion === undefined ? {} : { suggestion }),
  }
}
