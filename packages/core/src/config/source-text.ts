import { redacted } from '../schema/redact-url.ts'

/** 1-based. */
export interface Position {
  readonly line: number
  readonly column: number
}

/** Text of one configuration source: finds positions and cuts out lines without the secrets in them. */
export class SourceText {
  readonly text: string
  readonly #name: string
  readonly #namePrefix: string | undefined
  readonly #secrets: { readonly start: number; readonly end: number }[] = []
  #isSorted = true
  #lineStarts: readonly number[] | undefined

  /** With `nameIsText`, the name is `name` and the whole text (without secrets), as for `--set a.b=c`. */
  constructor(name: string, text: string, nameIsText = false) {
    this.text = text
    this.#name = name
    this.#namePrefix = nameIsText ? `${name} ` : undefined
  }

  /** Name for messages. */
  get name(): string {
    return this.#namePrefix === undefined ? this.#name : this.#namePrefix + this.visible(0, this.text.length)
  }

  /** Keeps a range out of everything that is shown. */
  hide(start: number, end: number): void {
    this.#secrets.push({ start, end })
    this.#isSorted = false
  }

  /** Line and column of an offset. */
  position(offset: number): Position {
    const line = this.#lineAt(offset)
    return { line: line + 1, column: offset - this.#lineStart(line) + 1 }
  }

  /** Offsets of a line's first character and of its end; `undefined` for a line that does not exist. */
  lineRange(line: number): { readonly start: number; readonly end: number } | undefined {
    const starts = this.#starts()
    const start = starts[line - 1]
    if (start === undefined) return undefined
    const next = starts[line]
    const end = next === undefined ? this.text.length : next - 1
    return { start, end: this.text[end - 1] === '\r' && end > start ? end - 1 : end }
  }

  /** The text of a range with every secret in it replaced. */
  visible(start: number, end: number): string {
    let result = ''
    let at = start
    if (!this.#isSorted) this.#secrets.sort((a, b) => a.start - b.start)
    this.#isSorted = true
    for (const secret of this.#secrets) {
      if (secret.start >= end) break
      if (secret.end <= at) continue
      result += this.text.slice(at, Math.max(at, secret.start)) + redacted
      at = Math.min(secret.end, end)
    }
    return result + this.text.slice(at, end)
  }

  #starts(): readonly number[] {
    if (this.#lineStarts !== undefined) return this.#lineStarts
    const starts = [0]
    for (let at = this.text.indexOf('\n'); at >= 0; at = this.text.indexOf('\n', at + 1)) starts.push(at + 1)
    this.#lineStarts = starts
    return starts
  }

  #lineStart(line: number): number {
    return this.#starts()[line] ?? 0
  }

  #lineAt(offset: number): number {
    const starts = this.#starts()
    let low = 0
    let high = starts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (this.#lineStart(middle) <= offset) low = middle
      else high = middle - 1
    }
    return low
  }
}
