/** Where one value of a JSON text lies. */
export interface JsonRange {
  readonly start: number
  /** Behind its last byte. */
  readonly end: number
}

/** One member of an object. */
export interface JsonMember {
  readonly name: string
  readonly value: JsonRange
}

/** An element of an array. */
export interface JsonElement extends JsonRange {
  /** Members that it has when it is an object, counted without resolving names. */
  readonly members: number
}

/** What one look at a JSON text tells. */
export interface JsonOutline {
  /** How many objects and arrays lie inside each other. */
  readonly depth: number
  /** Members of the object that the text is, counted without resolving names. */
  readonly members: number
  /** Elements of the array that the text is. */
  readonly elements: readonly JsonElement[]
}

/**
 * Looks over a text that may not be JSON at all, in one pass; gives up where it is nested deeper than `maxDepth`.
 * What it tells of elements and members is right for a text that is JSON.
 */
export function outlineOf(json: Uint8Array, maxDepth: number): JsonOutline {
  const elements: JsonElement[] = []
  const isArray = json[skipSpace(json, 0)] === openBracket
  const level = isArray ? 2 : 1
  let depth = 0
  let deepest = 0
  let members = 0
  let start = 0
  const endElement = (at: number): void => {
    const range = trimmed(json, { start, end: at })
    if (range.start < range.end) elements.push({ ...range, members })
    start = at + 1
    members = 0
  }
  for (let at = 0; at < json.length; at++) {
    const byte = json[at] ?? 0
    switch (byte) {
      case quote:
        at = endOfString(json, at)
        break
      case openBrace:
      case openBracket:
        if (++depth > deepest) deepest = depth
        if (depth > maxDepth) return { depth, members, elements }
        if (depth === 1) start = at + 1
        break
      case closeBrace:
      case closeBracket:
        if (--depth === 0 && isArray) endElement(at)
        break
      case colon:
        if (depth === level) members++
        break
      case comma:
        if (depth === 1 && isArray) endElement(at)
        break
      default:
    }
  }
  return { depth: deepest, members, elements }
}

/** The members of an object. The text must be JSON, which the caller has parsed. */
export function membersOf(json: Uint8Array): readonly JsonMember[] {
  return partsOf(json).flatMap((part) => {
    const { start, end } = trimmed(json, part)
    if (start === end) return []
    const nameEnd = endOfString(json, start) + 1
    const name: unknown = JSON.parse(textOf(json, start, nameEnd))
    let at = nameEnd
    while (json[at] !== colon) at++
    return [{ name: String(name), value: trimmed(json, { start: at + 1, end }) }]
  })
}

/** What lies between the commas of the outermost object or array. */
function partsOf(json: Uint8Array): JsonRange[] {
  const parts: JsonRange[] = []
  let depth = 0
  let start = 0
  for (let at = 0; at < json.length; at++) {
    const byte = json[at]
    if (byte === quote) at = endOfString(json, at)
    else if (byte === openBrace || byte === openBracket) {
      if (++depth === 1) start = at + 1
    } else if (byte === closeBrace || byte === closeBracket) {
      if (--depth === 0) parts.push({ start, end: at })
    } else if (byte === comma && depth === 1) {
      parts.push({ start, end: at })
      start = at + 1
    }
  }
  return parts
}

function skipSpace(json: Uint8Array, start: number): number {
  let at = start
  while (isSpace(json[at])) at++
  return at
}

function trimmed(json: Uint8Array, { start, end }: JsonRange): JsonRange {
  let from = start
  let to = end
  while (from < to && isSpace(json[from])) from++
  while (to > from && isSpace(json[to - 1])) to--
  return { start: from, end: to }
}

/** The closing quote of the string that opens at `start`. */
function endOfString(json: Uint8Array, start: number): number {
  let at = start + 1
  while (at < json.length && json[at] !== quote) at += json[at] === backslash ? 2 : 1
  return at
}

function textOf(json: Uint8Array, start: number, end: number): string {
  return Buffer.from(json.buffer, json.byteOffset + start, end - start).toString('utf8')
}

const isSpace = (byte: number | undefined): boolean =>
  byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09

const quote = 0x22
const backslash = 0x5c
const comma = 0x2c
const colon = 0x3a
const openBracket = 0x5b
const closeBracket = 0x5d
const openBrace = 0x7b
const closeBrace = 0x7d
