import type { Place } from './node.ts'
import type { Position } from './source-text.ts'

const widest = 110
const before = 30

/** Excerpt of a source with carets under a range: the line before, the line itself, the carets. */
export function codeFrame({ source, start, end }: Place): string {
  const { line } = source.position(start)
  const range = source.lineRange(line)
  if (range === undefined) return ''
  const gutter = String(line).length
  const from = start - range.start > widest - before ? start - before : range.start
  const head = printable(source.visible(from, start))
  const marked = printable(source.visible(start, Math.max(start, Math.min(end, range.end))))
  const tail = printable(source.visible(Math.min(Math.max(start, end), range.end), range.end))
  const text = head + marked + tail
  const carets = '^'.repeat(Math.max(1, Math.min(marked.length, widest - head.length)))
  const lines = [`${line} | ${cut(text)}`, `${' '.repeat(gutter)} | ${' '.repeat(head.length)}${carets}`]
  const previous = line > 1 ? source.lineRange(line - 1) : undefined
  if (previous !== undefined && from === range.start) {
    const above = cut(printable(source.visible(previous.start, previous.end)))
    if (above.trim() !== '') lines.unshift(`${String(line - 1).padStart(gutter)} | ${above}`)
  }
  return lines.join('\n')
}

/** Where a range begins. */
export function positionOf({ source, start }: Place): Position {
  return source.position(start)
}

function cut(text: string): string {
  return text.length > widest ? `${text.slice(0, widest)}…` : text
}

/** Tabs and control characters would move the carets or the terminal. */
function printable(text: string): string {
  return text.replaceAll('\t', ' ').replaceAll(/[\p{Cc}\u2028\u2029]/gu, '\uFFFD')
}
