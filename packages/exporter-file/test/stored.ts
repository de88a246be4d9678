import { readFile } from 'node:fs/promises'
import { zstdDecompressSync } from 'node:zlib'

import { parseOtlpJson, type Span, Traces } from '@spanloom/core'

/** Spans of a file with a line for each batch. */
export function spansInLines(text: string): readonly Span[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .flatMap((line) => Array.from(parseOtlpJson(line).spans()))
}

/** Messages of a file in which their length stands before them. */
export function frames(bytes: Buffer): readonly Buffer[] {
  const found: Buffer[] = []
  for (let at = 0; at < bytes.length;) {
    const end = at + 4 + bytes.readUInt32BE(at)
    found.push(bytes.subarray(at + 4, end))
    at = end
  }
  return found
}

/** All spans of a file, in whatever form it is written. */
export async function storedSpans(path: string): Promise<readonly Span[]> {
  const bytes = await readFile(path)
  if (bytes.length === 0) return []
  if (bytes[0] === 0x7b) return spansInLines(bytes.toString())
  return frames(bytes)
    .map((frame) => (frame.readUInt32LE() === 0xfd2fb528 ? zstdDecompressSync(frame) : frame))
    .map((plain) => (plain[0] === 0x7b ? parseOtlpJson(plain) : Traces.fromProtobuf(plain)))
    .flatMap((traces) => Array.from(traces.spans()))
}
