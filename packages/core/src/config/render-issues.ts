import { type ConfigIssue, formatIssue } from '../errors/config-error.ts'

/** How issues are rendered for people. */
export interface RenderOptions {
  /** Whether to colour with ANSI escape codes. */
  readonly color: boolean
  /** What the issues are; only the colour depends on it. Default `error`. */
  readonly severity?: 'error' | 'warning'
}

/** Renders issues as compilers do: position, message, excerpt with carets, and how to mend it (CFG-82). */
export function renderIssues(
  issues: readonly ConfigIssue[],
  { color, severity = 'error' }: RenderOptions,
): string {
  const paint = color
    ? (code: number, text: string) => `\u001B[${code}m${text}\u001B[0m`
    : (_: number, text: string) => text
  const tone = severity === 'error' ? 31 : 33
  return issues
    .map((issue) => {
      const parts = [paint(1, formatIssue(issue))]
      if (issue.frame !== undefined) parts.push(paintCarets(indent(issue.frame), (text) => paint(tone, text)))
      if (issue.suggestion !== undefined) parts.push(paint(36, `  ${advice(issue.suggestion)}`))
      return parts.join('\n')
    })
    .join('\n\n')
}

/** The form of `validate --format json` (CFG-83). Parts that are not known are absent. */
export interface JsonIssue {
  readonly file?: string
  readonly line?: number
  readonly column?: number
  /** Keys joined by `::`. */
  readonly path: string
  readonly code: string
  readonly message: string
  readonly suggestion?: string
}

/** Issues as plain objects for machines (CFG-83). */
export function issuesToJson(issues: readonly ConfigIssue[]): readonly JsonIssue[] {
  return issues.map(({ source, line, column, path, code, message, suggestion }) => ({
    ...(source === undefined ? {} : { file: source }),
    ...(line === undefined ? {} : { line }),
    ...(column === undefined ? {} : { column }),
    path: path.join('::'),
    code,
    message,
    ...(suggestion === undefined ? {} : { suggestion }),
  }))
}

/** A suggestion is either the right spelling or a whole sentence. */
function advice(suggestion: string): string {
  return /\s/.test(suggestion) ? suggestion : `Did you mean "${suggestion}"?`
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, '  ')
}

function paintCarets(text: string, paint: (text: string) => string): string {
  return text.replace(/\^+$/, paint)
}
