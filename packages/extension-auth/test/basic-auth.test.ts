import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { type Extension, PermanentError, RetryableError, StartError } from '@spanloom/core'
import {
  createComponent,
  fakeClock,
  testExtensionContract,
  testHost,
  testTelemetry,
} from '@spanloom/core/testing'
import { hashSync } from 'bcryptjs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { basicAuthExtension } from '../src/index.ts'

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'spanloom-auth-'))
})
afterEach(async () => {
  await rm(dir, { recursive: true })
})

const basic = (name: string, password: string): string =>
  `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`

async function start(
  config: Readonly<Record<string, unknown>>,
  clock = fakeClock(),
  telemetry = testTelemetry(),
): Promise<Extension> {
  const extension = createComponent(basicAuthExtension, config, { clock, telemetry })
  await extension.start(testHost())
  return extension
}

async function subjectOf(
  extension: Extension,
  authorization?: string | readonly string[],
): Promise<string | undefined> {
  const data = await extension.serverAuthenticator?.authenticate({ authorization })
  return data?.subject
}

describe('server', () => {
  const users = `me:${hashSync('s3cret', 4)}\nyou:plain`

  it('lets a user in, whatever form the password is stored in', async () => {
    const extension = await start({ htpasswd: { inline: users } })

    expect(await subjectOf(extension, basic('me', 's3cret'))).toBe('me')
    expect(await subjectOf(extension, basic('you', 'plain'))).toBe('you')
    expect(await subjectOf(extension, [basic('you', 'plain')])).toBe('you')
    expect(extension.clientAuthenticator).toBeUndefined()
  })

  it.each([
    ['nothing', undefined, 'no basic auth provided'],
    ['another scheme', 'Bearer x', 'invalid authorization scheme prefix'],
    ['no base64', 'Basic ???', 'invalid authorization scheme prefix'],
    ['no colon', `Basic ${Buffer.from('me').toString('base64')}`, 'invalid auth format'],
    ['a wrong password', basic('me', 'wr0ng'), 'invalid credentials'],
    ['an unknown user', basic('nobody', 's3cret'), 'invalid credentials'],
    ['two headers', [basic('me', 's3cret'), basic('me', 's3cret')], 'no basic auth provided'],
  ])('refuses %s', async (_case, header, message) => {
    const extension = await start({ htpasswd: { inline: users } })

    await expect(subjectOf(extension, header)).rejects.toThrow(
      expect.objectContaining({ constructor: PermanentError, message, grpcStatus: 16 }),
    )
  })

  it('a password stays wrong after the right one was remembered', async () => {
    const extension = await start({ htpasswd: { inline: users } })

    await subjectOf(extension, basic('me', 's3cret'))
    await expect(subjectOf(extension, basic('me', 's3cret '))).rejects.toThrow('invalid credentials')
    await expect(subjectOf(extension, basic('you', 's3cret'))).rejects.toThrow('invalid credentials')
    expect(await subjectOf(extension, basic('me', 's3cret'))).toBe('me')
  })

  it('reads the file again when it changes; who was let in before is checked anew', async () => {
    const clock = fakeClock()
    const file = join(dir, 'users')
    await writeFile(file, 'me:old')
    const extension = await start({ htpasswd: { file } }, clock)
    expect(await subjectOf(extension, basic('me', 'old'))).toBe('me')

    await writeFile(file, 'me:new')
    await clock.advance(1000)

    await expect(subjectOf(extension, basic('me', 'old'))).rejects.toThrow('invalid credentials')
    expect(await subjectOf(extension, basic('me', 'new'))).toBe('me')
  })

  it('keeps the last good users when the file breaks or goes away, and says so once', async () => {
    const clock = fakeClock()
    const telemetry = testTelemetry()
    const file = join(dir, 'users')
    await writeFile(file, 'me:old')
    const extension = await start({ htpasswd: { file } }, clock, telemetry)

    for (const broken of ['me:$6$unknown', '']) {
      await (broken === '' ? rm(file) : writeFile(file, broken))
      await clock.advance(1000)
      expect(await subjectOf(extension, basic('me', 'old'))).toBe('me')
    }
    expect(telemetry.logger.lines.map(({ level }) => level)).toEqual(['warn'])
  })

  it('users written in the config win over those of the file', async () => {
    const file = join(dir, 'users')
    await writeFile(file, 'me:file\nyou:file')
    const extension = await start({ htpasswd: { file, inline: 'me:inline' } })

    expect(await subjectOf(extension, basic('me', 'inline'))).toBe('me')
    expect(await subjectOf(extension, basic('you', 'file'))).toBe('you')
  })

  it('does not start with a file that is missing or broken', async () => {
    const file = join(dir, 'users')

    await expect(start({ htpasswd: { file } })).rejects.toThrow(/unable to read the file/)
    await writeFile(file, 'hunter2')
    await expect(start({ htpasswd: { file } })).rejects.toThrow(
      expect.objectContaining({ constructor: StartError, message: expect.not.stringContaining('hunter2') }),
    )
  })

  it('refuses a flood of wrong passwords instead of piling up slow hashes', async () => {
    const extension = await start({ htpasswd: { inline: users } })

    const outcomes = await Promise.allSettled(
      Array.from({ length: 100 }, (_, index) => subjectOf(extension, basic('me', `wrong-${index}`))),
    )
    const reasons = outcomes.map((outcome) => outcome.status === 'rejected' && outcome.reason)

    expect(reasons.filter((reason) => reason instanceof RetryableError)).toHaveLength(68)
    expect(reasons.filter((reason) => reason instanceof PermanentError)).toHaveLength(32)
    expect(await subjectOf(extension, basic('me', 's3cret'))).toBe('me')
  })
})

it('client: sends user name and password', async () => {
  const extension = await start({ client_auth: { username: 'me', password: 's3cret:x' } })

  expect(await extension.clientAuthenticator?.headers()).toEqual({ Authorization: basic('me', 's3cret:x') })
  expect(extension.serverAuthenticator).toBeUndefined()
})

it.each([
  [{}, /no credentials source provided/],
  [{ htpasswd: { inline: 'a:b' }, client_auth: { username: 'a', password: 'b' } }, /only one of/],
  [{ htpasswd: {} }, /set 'file' or 'inline'/],
  [{ client_auth: { username: 'a:b', password: 'c' } }, /must not contain a colon/],
])('finds fault with %j', (config, message) => {
  expect(() => createComponent(basicAuthExtension, config)).toThrow(message)
})

describe('as a server', () => {
  testExtensionContract(basicAuthExtension, {
    config: { htpasswd: { inline: 'me:s3cret-password' } },
    use: (extension) =>
      Promise.allSettled([subjectOf(extension, basic('me', 'wrong')), subjectOf(extension)]),
  })
})

describe('as a client', () => {
  testExtensionContract(basicAuthExtension, {
    config: { client_auth: { username: 'me', password: 's3cret-password' } },
  })
})
