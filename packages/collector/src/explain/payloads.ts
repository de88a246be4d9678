import { basename } from 'node:path'

/** One payload of a file. */
export interface Payload {
  readonly name: string
  readonly body: Uint8Array
}

/**
 * The payloads of a file: each line of one whose name ends with `.jsonl` or `.ndjson`, or whose lines are JSON objects
 * of their own; else the file as it is.
 */
export function payloadsOf(path: string, bytes: Uint8Array): readonly Payload[] {
  const name = path === '-' ? 'standard input' : basename(path)
  const text = Buffer.from(bytes).toString('utf8')
  const lines = text.split(/\r?\n/).map((line, index) => ({ line, number: index + 1 }))
  const full = lines.filter(({ line }) => line.trim() !== '')
  const isLines =
    /\.(?:jsonl|ndjson)$/.test(path) || (full.length > 1 && full.every(({ line }) => isObject(line)))
  if (!isLines) return [{ name, body: bytes }]
  return full.map(({ line, number }) => ({ name: `${name}:${number}`, body: Buffer.from(line) }))
}

function isObject(line: string): boolean {
  if (!line.trimStart().startsWith('{')) return false
  try {
    JSON.parse(line)
    return true
  } catch {
    return false
  }
}
