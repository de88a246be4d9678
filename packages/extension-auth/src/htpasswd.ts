import { createHash } from 'node:crypto'

import { equalInConstantTime, StartError } from '@spanloom/core'
import { compare } from 'bcryptjs'

import { apr1 } from './apr1.ts'

/** Checks one user's password. */
export type PasswordCheck = (password: string) => boolean | Promise<boolean>

/** Users and how to check their passwords. */
export type Users = ReadonlyMap<string, PasswordCheck>

/**
 * Reads the text of an `htpasswd` file: a `user:hash` pair on each line, hashes in bcrypt, `{SHA}`, `{SSHA}`,
 * `$apr1$` or plain. Empty lines and lines that begin with `#` are left out. A later line of a user wins.
 *
 * @throws StartError that names the line, and nothing of what it says.
 */
export function parseHtpasswd(text: string, source: string): Users {
  const users = new Map<string, PasswordCheck>()
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.replace(/\r$/, '')
    if (line.trim() === '' || line.startsWith('#')) continue
    const colon = line.indexOf(':')
    const check = colon <= 0 ? undefined : passwordCheck(line.slice(colon + 1))
    if (check === undefined) {
      throw new StartError(
        'HTPASSWD_INVALID',
        `line ${index + 1} of ${source} is not user:hash in a known form`,
        {
          hint: 'Hashes may be bcrypt (htpasswd -B), {SHA}, {SSHA}, $apr1$ or a plain password.',
        },
      )
    }
    users.set(line.slice(0, colon), check)
  }
  return users
}

/** `undefined` for a form that is not known, which must not pass for a plain password. */
function passwordCheck(hash: string): PasswordCheck | undefined {
  if (/^\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}$/.test(hash)) return (password) => compare(password, hash)
  const sha = /^\{SHA\}([A-Za-z0-9+/]{27}=)$/.exec(hash)?.[1]
  if (sha !== undefined) return (password) => equalInConstantTime(sha1(password), sha)
  const salted = /^\{SSHA\}([A-Za-z0-9+/]+={0,2})$/.exec(hash)?.[1]
  if (salted !== undefined) return saltedCheck(Buffer.from(salted, 'base64'))
  const salt = /^\$apr1\$([^$]{0,8})\$[./A-Za-z0-9]{22}$/.exec(hash)?.[1]
  if (salt !== undefined) return (password) => equalInConstantTime(apr1(password, salt), hash)
  if (hash === '' || /^(\$|\{[A-Z0-9-]+\})/.test(hash)) return undefined
  return (password) => equalInConstantTime(password, hash)
}

function saltedCheck(digestAndSalt: Buffer): PasswordCheck | undefined {
  if (digestAndSalt.length <= 20) return undefined
  const digest = digestAndSalt.subarray(0, 20).toString('base64')
  const salt = digestAndSalt.subarray(20)
  return (password) => equalInConstantTime(sha1(password, salt), digest)
}

const sha1 = (password: string, salt: Buffer = Buffer.alloc(0)): string =>
  createHash('sha1').update(password).update(salt).digest('base64')
