import { SpanloomError } from './errors.ts'

/** One fault of a configuration: what is wrong, where, and how to mend it. */
export interface ConfigIssue {
  /** Kind of fault, such as `unknown_key`, `wrong_type`, `unknown_reference`. */
  readonly code: string
  /** Keys from the top of the document to the faulty value; list positions are numbers. */
  readonly path: readonly (string | number)[]
  /** Sentence without the path, in the reference collector's words where it has some (section 1.8). */
  readonly message: string
  /** Closest known spelling, or another way to mend it. */
  readonly suggestion?: string
  /** Whether the position is that of the key (the default for unknown keys) or of the value. */
  readonly at?: 'key' | 'value'
  /** Name of the source that holds the value; filled in by the config loader. */
  readonly source?: string
  /** 1-based position in that source; filled in by the config loader. */
  readonly line?: number
  readonly column?: number
  /** Excerpt of the source with a caret under the fault; filled in by the config loader. */
  readonly frame?: string
}

/** The configuration cannot be used. All its faults are listed, not only the first. */
export class ConfigError extends SpanloomError {
  readonly issues: readonly ConfigIssue[]

  constructor(issues: readonly ConfigIssue[]) {
    super('CONFIG_INVALID', issues.map(formatIssue).join('\n'))
    this.issues = issues
  }
}

/**
 * `<source>:<line>:<col>: <path>: <message>`, as far as the parts are known (CFG-82). Control characters of
 * keys and file names are escaped, so that they can forge no log lines.
 */
export function formatIssue(issue: ConfigIssue): string {
  const position = [issue.source, issue.line, issue.column].filter((part) => part !== undefined).join(':')
  const text = [position, issue.path.join('::'), issue.message].filter((part) => part !== '').join(': ')
  return text.replaceAll(
    /[\p{Cc}\u2028\u2029]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
