import { ConfigError, errorText, renderIssues, SpanloomError, wantsColor } from '@spanloom/core'
import { CommanderError } from 'commander'

import type { CliContext } from './cli-context.ts'

/**
 * Tells on standard error why the command failed: a frame for each fault of a configuration, then one line
 * `Error: …`, without usage and without stack (CLI-21).
 */
export function reportError(error: unknown, { stderr, env }: CliContext): void {
  if (error instanceof ConfigError) {
    stderr.write(`${renderIssues(error.issues, { color: wantsColor(stderr, env) })}\n`)
  }
  stderr.write(`Error: ${sentenceOf(error)}\n`)
}

function sentenceOf(error: unknown): string {
  if (error instanceof ConfigError) {
    const [first, ...rest] = error.issues
    if (first === undefined || rest.length > 0) return `invalid configuration: ${error.issues.length} faults`
    const path = first.path.join('::')
    return `invalid configuration: ${path === '' ? '' : `${path}: `}${oneLine(first.message)}`
  }
  if (error instanceof CommanderError) return oneLine(error.message.replace(/^error: /, ''))
  const hint = error instanceof SpanloomError && error.hint !== undefined ? ` (${error.hint})` : ''
  return oneLine(errorText(error) + hint)
}

function oneLine(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, ' ').trim()
}
