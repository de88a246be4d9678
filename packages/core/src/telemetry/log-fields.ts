import { isSecretName, redacted, redactUrl } from '../schema/redact-url.ts'
import type { LogFields } from './logger.ts'

const maxDepth = 6
const maxItems = 100
const maxText = 16_384
const ownNames = new Set(['level', 'ts', 'caller', 'msg'])

/**
 * Makes fields fit for one JSON object: errors become sentences, 64-bit numbers text, secrets vanish, and
 * no value, however deep, long or circular, can make the line explode.
 */
export function plainFields(fields: LogFields): Record<string, unknown> {
  const plain: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined || name === '__proto__') continue
    plain[ownNames.has(name) ? `field.${name}` : name] = isSecretName(name) ? redacted : plainValue(value, [])
  }
  return plain
}

/** The sentence of an error followed by those of its causes, as far as they add something. */
export function errorText(error: unknown): string {
  const parts: string[] = []
  for (let cause = error, depth = 0; cause !== undefined && depth < maxDepth; depth++) {
    const text = cause instanceof Error ? cause.message || cause.name : textOf(cause)
    if (!parts.some((part) => part.includes(text))) parts.push(text)
    cause = cause instanceof Error ? cause.cause : undefined
  }
  return redactUrl(parts.join(': ')).slice(0, maxText)
}

/** The stack of an error that nobody threw on purpose: such errors carry no code. */
export function stackOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || error.stack === undefined) return undefined
  if ('code' in error && typeof error.code === 'string') return undefined
  return redactUrl(error.stack).slice(0, maxText)
}

function plainValue(value: unknown, above: readonly object[]): unknown {
  switch (typeof value) {
    case 'string':
      return redactUrl(value.length > maxText ? `${value.slice(0, maxText)}…` : value)
    case 'number':
      return Number.isFinite(value) ? value : String(value)
    case 'bigint':
      return Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
    case 'boolean':
    case 'undefined':
      return value
    case 'symbol':
    case 'function':
      return value.toString().slice(0, 64)
    case 'object':
      return value === null ? null : plainObject(value, above)
    default:
      return undefined
  }
}

function plainObject(value: object, above: readonly object[]): unknown {
  if (value instanceof Error) return errorText(value)
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString()
  if (value instanceof URL) return redactUrl(value.href)
  if (value instanceof Uint8Array) return `${value.byteLength} bytes`
  if (above.includes(value)) return '[Circular]'
  if (above.length >= maxDepth) return '[…]'
  const path = [...above, value]
  if (Array.isArray(value)) return value.slice(0, maxItems).map((item) => plainValue(item, path))
  if (value instanceof Set) return [...value].slice(0, maxItems).map((item) => plainValue(item, path))
  const entries: Iterable<[unknown, unknown]> = value instanceof Map ? value : Object.entries(value)
  const plain: Record<string, unknown> = {}
  let count = 0
  for (const [key, item] of entries) {
    if (++count > maxItems) break
    const name = String(key)
    if (name !== '__proto__') plain[name] = isSecretName(name) ? redacted : plainValue(item, path)
  }
  return plain
}

function textOf(thrown: unknown): string {
  return typeof thrown === 'string' ? thrown : (JSON.stringify(plainValue(thrown, [])) ?? typeof thrown)
}
