import type { Framing } from './wire-profile.ts'

/**
 * The messages inside a frame, as ranges of its bytes: nothing is written anew. What does not look like its framing
 * comes back whole, for the reader to judge.
 */
export function splitFrame(data: Buffer, framing: Framing): readonly Buffer[] {
  if (framing === 'ndjson') return splitLines(data)
  if (framing === 'json_array') return splitArray(data) ?? [data]
  return [data]
}

const newline = 0x0a

function splitLines(data: Buffer): readonly Buffer[] {
  const lines: Buffer[] = []
  for (let start = 0; start < data.length;) {
    const end = data.indexOf(newline, start)
    const line = data.subarray(start, end < 0 ? data.length : end)
    if (line.some((byte) => !isBlank(byte))) lines.push(line)
    start = end < 0 ? data.length : end + 1
  }
  return lines
}

/** The elements of an array; `undefined` when the text is none. */
function splitArray(data: Buffer): readonly Buffer[] | undefined {
  let at = 0
  while (isBlank(data[at])) at++
  if (data[at] !== 0x5b) return undefined
  const elements: Buffer[] = []
  let depth = 0
  let start = ++at
  for (; at < data.length; at++) {
    const byte = data[at]
    if (byte === 0x22) at = endOfString(data, at)
    else if (byte === 0x7b || byte === 0x5b) depth++
    else if (depth > 0 && (byte === 0x7d || byte === 0x5d)) depth--
    else if (depth === 0 && (byte === 0x2c || byte === 0x5d)) {
      if (byte === 0x2c || elements.length > 0 || !data.subarray(start, at).every(isBlank))
        elements.push(data.subarray(start, at))
      start = at + 1
      if (byte === 0x5d) return data.subarray(start).every(isBlank) ? elements : undefined
    }
  }
  return undefined
}

function endOfString(data: Buffer, start: number): number {
  let at = start + 1
  while (at < data.length && data[at] !== 0x22) at += data[at] === 0x5c ? 2 : 1
  return at
}

const isBlank = (byte: number | undefined): boolean =>
  byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
