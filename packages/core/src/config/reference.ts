/** A `${…}` inside a text. */
export interface ReferenceRange {
  readonly start: number
  readonly end: number
  /** What stands between the braces. */
  readonly body: string
}

/**
 * Finds the first reference that holds no other one, so that nested references resolve inside out
 * (CFG-57). One with an odd number of `$` before it is escaped and stays (CFG-54).
 */
export function findReference(text: string): ReferenceRange | undefined {
  for (let from = 0; ;) {
    const close = text.indexOf('}', from)
    if (close < 0) return undefined
    const open = text.lastIndexOf('${', close)
    if (open >= from && !isEscaped(text, open)) {
      return { start: open, end: close + 1, body: text.slice(open + 2, close) }
    }
    from = close + 1
  }
}

function isEscaped(text: string, open: number): boolean {
  let dollars = 0
  while (text[open - 1 - dollars] === '$') dollars++
  return dollars % 2 === 1
}

/** `$$` stands for `$` (CFG-54). */
export function unescapeDollars(text: string): string {
  return text.replaceAll('$$', () => '$')
}

/** A reference to a variable, with the text that stands in for an unset one. */
export interface VariableReference {
  readonly name: string
  readonly fallback: string | undefined
}

/** Reads `NAME` or `NAME:-default` (CFG-52). */
export function parseVariable(body: string): VariableReference {
  const mark = body.indexOf(':-')
  return mark < 0
    ? { name: body, fallback: undefined }
    : { name: body.slice(0, mark), fallback: body.slice(mark + 2) }
}
