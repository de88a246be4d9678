import { readFile, rename, writeFile } from 'node:fs/promises'

import { messageOf, SpanloomError } from '@spanloom/core'
import {
  decodeToken,
  encodeToken,
  type Position,
  type ResumeToken,
  type Scope,
} from '@spanloom/receiver-valuestream/backfill'

/** The token in a file; `undefined` when there is no such file. @throws SpanloomError when it cannot be used */
export async function readResumeFile(path: string): Promise<ResumeToken | undefined> {
  try {
    return decodeToken(await readFile(path, 'utf8'))
  } catch (error) {
    if (error instanceof SpanloomError) throw error
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw new SpanloomError('RESUME_UNREADABLE', `The resume file cannot be read: ${messageOf(error)}`, {
      cause: error,
    })
  }
}

/** Replaces the file as a whole, so that an interruption leaves the one before. */
export async function writeResumeFile(path: string, scope: Scope, position: Position): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`
  await writeFile(temporary, encodeToken({ scope, ...position }), { mode: 0o600 })
  await rename(temporary, path)
}

/** @throws SpanloomError `RESUME_OTHER` when the token is about something else than what the flags ask for */
export function checkSameScope({ scope }: ResumeToken, wanted: Omit<Scope, 'sinceMs' | 'untilMs'>): void {
  const told = ({ source, api, names }: typeof wanted): string => JSON.stringify([source, api, names])
  if (told(scope) === told(wanted)) return
  throw new SpanloomError(
    'RESUME_OTHER',
    `The resume file is about ${scope.source} at ${scope.api}: ${scope.names.join(', ')}.`,
    { hint: 'Name another file with --resume, or remove this one.' },
  )
}
