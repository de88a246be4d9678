import type { CommandContext } from './context.ts'
import { CallbackError } from './errors.ts'

/**
 * The URL of a callback: `{operation}` and `{rID}` in the template are replaced, each encoded as one segment of the
 * path, because both come from outside.
 *
 * @throws CallbackError `INVALID_OPERATION` for `.` and `..`, which would climb in the path however they are encoded,
 * and where the template names an rID that the command does not have.
 */
export function callbackUrl(template: string, command: Pick<CommandContext, 'operation' | 'rID'>): URL {
  return new URL(
    template
      .replaceAll('{operation}', () => segment(command.operation))
      .replaceAll('{rID}', () => segment(command.rID ?? '')),
  )
}

function segment(text: string): string {
  if (text === '' || text === '.' || text === '..' || !text.isWellFormed()) {
    throw new CallbackError(
      'INVALID_OPERATION',
      `The operation or rID ${JSON.stringify(text)} cannot be a segment of a URL.`,
    )
  }
  return encodeURIComponent(text)
}
