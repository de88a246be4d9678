import { messageOf, SpanloomError } from '@spanloom/core'

import type { CliContext } from './cli-context.ts'

/** Where a token stands. Never on the command line, which other users of the machine can see. */
export interface TokenFlags {
  /** Name of the variable. */
  readonly tokenEnv?: string
  /** Path of the file. */
  readonly tokenFile?: string
}

/**
 * The token that the flags name, or else the variable `fallback`; `undefined` when it is not set or empty. `owner` says
 * whose token it is.
 *
 * @throws SpanloomError `TOKEN_MISSING` for a file that cannot be read, `TOKEN_INVALID`
 */
export async function tokenOf(
  { tokenEnv, tokenFile }: TokenFlags,
  { fallback, owner }: { readonly fallback: string; readonly owner: string },
  { env, readFile }: Pick<CliContext, 'env' | 'readFile'>,
): Promise<string | undefined> {
  const text = tokenFile === undefined ? env[tokenEnv ?? fallback] : await readToken(tokenFile, readFile)
  const token = text?.trim()
  if (token === undefined || token === '') return undefined
  // Anything else could smuggle a header in; the token itself is not shown.
  if (!/^[\x21-\x7e]+$/.test(token))
    throw new SpanloomError('TOKEN_INVALID', `The token for ${owner} holds blanks or special characters.`)
  return token
}

async function readToken(path: string, readFile: CliContext['readFile']): Promise<string> {
  try {
    return Buffer.from(await readFile(path)).toString('utf8')
  } catch (cause) {
    throw new SpanloomError('TOKEN_MISSING', `The token cannot be read: ${messageOf(cause)}`, { cause })
  }
}
