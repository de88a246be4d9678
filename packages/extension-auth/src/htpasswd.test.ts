import { createHash } from 'node:crypto'

import { StartError } from '@spanloom/core'
import { hashSync } from 'bcryptjs'
import { describe, expect, it } from 'vitest'

import { parseHtpasswd } from './htpasswd.ts'

const sha1 = (text: string, salt = ''): Buffer =>
  createHash('sha1')
    .update(text + salt)
    .digest()

describe.each([
  ['bcrypt', hashSync('s3cret', 4)],
  ['bcrypt as Apache writes it', hashSync('s3cret', 4).replace(/^\$2b/, '$2y')],
  ['{SHA}', `{SHA}${sha1('s3cret').toString('base64')}`],
  ['{SSHA}', `{SSHA}${Buffer.concat([sha1('s3cret', 'salt'), Buffer.from('salt')]).toString('base64')}`],
  ['$apr1$', '$apr1$saltsalt$yAAkm4libquA.ZWLHbSBq/'],
  ['plain', 's3cret'],
])('%s', (form, hash) => {
  it('takes the password and no other', async () => {
    const right = form === '$apr1$' ? 'password' : 's3cret'
    const check = parseHtpasswd(`me:${hash}`, 'inline').get('me')

    expect(await check?.(right)).toBe(true)
    expect(await check?.('')).toBe(false)
    expect(await check?.('S3CRET')).toBe(false)
    expect(await check?.(hash)).toBe(form === 'plain')
  })
})

it('leaves out comments and empty lines, and takes the last line of a user', async () => {
  const users = parseHtpasswd('# users\r\n\r\nme:old\r\nyou:x\r\nme:new:with:colons\r\n', 'inline')

  expect([...users.keys()]).toEqual(['me', 'you'])
  expect(await users.get('me')?.('new:with:colons')).toBe(true)
  expect(await users.get('me')?.('old')).toBe(false)
})

it.each([
  'no colon',
  ':nobody',
  'me:',
  'me:$6$salt$hash',
  'me:$apr1$broken',
  'me:{SHA}short',
  'me:{MD5}abc',
  'me:$2b$04$short',
])('refuses "%s" instead of taking it for a plain password, and does not repeat it', (line) => {
  expect(() => parseHtpasswd(`you:x\n${line}`, 'users.txt')).toThrow(
    expect.objectContaining({
      constructor: StartError,
      message: 'line 2 of users.txt is not user:hash in a known form',
    }),
  )
})
