import { isUtf8 } from 'node:buffer'

import { PermanentError } from '../errors/errors.ts'

/** Limits of {@link parseJson}. */
export interface JsonLimits {
  /** How many objects and arrays may lie inside each other. Default 100. */
  readonly maxDepth?: number
}

/**
 * Parses a JSON text that comes from outside.
 *
 * What it returns is nested no deeper than `maxDepth`, so that code that walks the value may recurse. Objects have
 * the usual prototype, and a key `__proto__` is an ordinary own property: read what you know, and never copy keys
 * into an object of your own.
 *
 * Nesting of a long text is counted before anything is parsed, so that hostile depth costs nothing. A short text is
 * parsed first, which V8 does without recursion, and the value is measured: that is ten times faster than looking at
 * every byte. There, what a later key of the same name hides does not count, as it is not returned.
 *
 * @throws PermanentError `INVALID_JSON` (grpcStatus 3); the message never echoes the text.
 */
export function parseJson(bytes: Uint8Array, { maxDepth = 100 }: JsonLimits = {}): unknown {
  if (!isUtf8(bytes)) throw invalid('it is not UTF-8')
  const short = bytes.length <= shortBytes
  if (!short && jsonDepthExceeds(bytes, maxDepth)) throw tooDeep(maxDepth)
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
  let value: unknown
  try {
    value = JSON.parse(text.charCodeAt(0) === byteOrderMark ? text.slice(1) : text)
  } catch {
    if (short && jsonDepthExceeds(bytes, maxDepth)) throw tooDeep(maxDepth)
    // The parser's own message quotes the text, which may hold what nobody should see.
    throw invalid('its syntax is broken')
  }
  if (short && isContainer(value) && isDeeper(value, maxDepth)) throw tooDeep(maxDepth)
  return value
}

/** As many brackets make a value of a few megabytes, for a moment. */
const shortBytes = 64 * 1024

/** Whether a parsed value nests deeper than `left` levels; never recurses deeper than that. */
function isDeeper(value: object, left: number): boolean {
  if (left <= 0) return true
  // Lists apart: the loop over keys would make a text of every index.
  if (Array.isArray(value)) {
    for (const item of value) if (isContainer(item) && isDeeper(item, left - 1)) return true
    return false
  }
  for (const key in value) {
    const item = (value as Readonly<Record<string, unknown>>)[key]
    if (isContainer(item) && isDeeper(item, left - 1)) return true
  }
  return false
}

const isContainer = (value: unknown): value is object => typeof value === 'object' && value !== null

/** Whether brackets outside of strings lie inside each other more than `maxDepth` times, in one pass. */
export function jsonDepthExceeds(bytes: Uint8Array, maxDepth: number): boolean {
  let depth = 0
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]
    if (byte === quote) at = endOfString(bytes, at)
    else if (byte === openBrace || byte === openBracket) {
      if (++depth > maxDepth) return true
    } else if (byte === closeBrace || byte === closeBracket) depth--
  }
  return false
}

function endOfString(bytes: Uint8Array, start: number): number {
  let at = start + 1
  while (at < bytes.length) {
    const byte = bytes[at]
    if (byte === quote) return at
    at += byte === backslash ? 2 : 1
  }
  return at
}

const byteOrderMark = 0xfeff
const quote = 0x22
const backslash = 0x5c
const openBracket = 0x5b
const closeBracket = 0x5d
const openBrace = 0x7b
const closeBrace = 0x7d

const tooDeep = (maxDepth: number): PermanentError => invalid(`it is nested deeper than ${maxDepth} levels`)

const invalid = (what: string): PermanentError =>
  new PermanentError('INVALID_JSON', `The body is not valid JSON: ${what}.`, { grpcStatus: 3 })
