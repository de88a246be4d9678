import { createInterface } from 'node:readline'
import { type Readable } from 'node:stream'

/** Which of a process's two output streams. */
export type OutputStream = 'stdout' | 'stderr'

type LineListener = (line: string, stream: OutputStream) => void

/** What a chatty peer may print before its oldest lines are forgotten. */
const keptLines = 100_000

/** The lines a process has printed, in the order in which they arrived. */
export class Output {
  readonly #lines: { readonly stream: OutputStream; readonly line: string }[] = []
  readonly #listeners = new Set<LineListener>()

  /** Collects everything that a stream prints from here on. */
  collect(stream: OutputStream, readable: Readable): void {
    createInterface({ input: readable, crlfDelay: Infinity }).on('line', (line) => this.#add(stream, line))
  }

  /** All lines of one stream that are still kept. */
  text(stream: OutputStream): string {
    return this.#lines
      .filter((entry) => entry.stream === stream)
      .map((entry) => `${entry.line}\n`)
      .join('')
  }

  /** Calls `listener` with every kept line and then with each new one; returns how to stop that. */
  follow(listener: LineListener): () => void {
    for (const { line, stream } of this.#lines) listener(line, stream)
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #add(stream: OutputStream, line: string): void {
    this.#lines.push({ stream, line })
    if (this.#lines.length > 2 * keptLines) this.#lines.splice(0, keptLines)
    for (const listener of this.#listeners) listener(line, stream)
  }
}
