import { isUtf8 } from 'node:buffer'

import { CloudEventError } from './event.ts'

/**
 * Reads the value of an HTTP header of an event as Node gives it, that is as Latin-1 (F-HTTP-4 to F-HTTP-7).
 *
 * A value that is one quoted string as a whole is unquoted; then escapes are resolved once. A `%` that begins no
 * escape stays. Bytes that are UTF-8 are read as such, because some senders do not encode.
 *
 * @throws CloudEventError `invalid_percent_encoding` when escapes give something that is not UTF-8
 */
export function decodeHeaderValue(value: string): string {
  if (!needsWork(value)) return value
  const text = unquoted(value)
  const bytes = Buffer.from(text, 'latin1')
  const length = resolveEscapes(bytes)
  const resolved = bytes.subarray(0, length)
  if (isUtf8(resolved)) return resolved.toString('utf8')
  if (length === bytes.length) return text
  throw new CloudEventError('invalid_percent_encoding', 'the escapes of a header value are not UTF-8')
}

/** Writes a value for an HTTP header: what is not visible ASCII, and `"`, `%` and blanks, as escapes (F-HTTP-4). */
export function encodeHeaderValue(value: string): string {
  if (/^[\x21\x23\x24\x26-\x7e]*$/.test(value)) return value
  let encoded = ''
  for (const byte of Buffer.from(value, 'utf8')) {
    const isPlain = byte > 0x20 && byte < 0x7f && byte !== quote && byte !== percent
    encoded += isPlain ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }
  return encoded
}

function needsWork(value: string): boolean {
  if (value.charCodeAt(0) === quote) return true
  for (let index = 0; index < value.length; index++) {
    const code = value.charCodeAt(index)
    if (code === percent || code > 0x7e) return true
  }
  return false
}

/** The content of a quoted string; anything else, such as JSON with quotes in it, as it is. */
function unquoted(value: string): string {
  if (!/^"(?:[^"\\]|\\[^])*"$/.test(value)) return value
  return value.slice(1, -1).replaceAll(/\\([^])/g, '$1')
}

/** Resolves the escapes in place and tells how many bytes are left. */
function resolveEscapes(bytes: Buffer): number {
  let to = 0
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0
    const high = byte === percent ? hexDigit(bytes[at + 1]) : -1
    const low = high < 0 ? -1 : hexDigit(bytes[at + 2])
    if (low < 0) bytes[to++] = byte
    else {
      bytes[to++] = (high << 4) | low
      at += 2
    }
  }
  return to
}

function hexDigit(code: number | undefined): number {
  if (code === undefined) return -1
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  const letter = code | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1
}

const quote = 0x22
const percent = 0x25
