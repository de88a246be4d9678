import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { type Extension, PermanentError } from '@spanloom/core'
import { createComponent, fakeClock, testExtensionContract, testHost } from '@spanloom/core/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { bearerTokenAuthExtension } from '../src/index.ts'

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'spanloom-auth-'))
})
afterEach(async () => {
  await rm(dir, { recursive: true })
})

async function start(config: Readonly<Record<string, unknown>>, clock = fakeClock()): Promise<Extension> {
  const extension = createComponent(bearerTokenAuthExtension, config, { clock })
  await extension.start(testHost())
  return extension
}

async function letsIn(extension: Extension, headers: Readonly<Record<string, string>>): Promise<boolean> {
  try {
    await extension.serverAuthenticator?.authenticate(headers)
    return true
  } catch (error) {
    if (error instanceof PermanentError) return false
    throw error
  }
}

it('lets in who carries the token', async () => {
  const extension = await start({ token: 's3cret' })

  expect(await letsIn(extension, { authorization: 'Bearer s3cret' })).toBe(true)
  for (const authorization of ['s3cret', 'Bearer s3cret ', 'Bearer S3cret', 'Basic s3cret', '']) {
    expect(await letsIn(extension, { authorization })).toBe(false)
  }
  expect(await letsIn(extension, {})).toBe(false)
})

it('takes any of several tokens, in a header and with a scheme of its own', async () => {
  const extension = await start({ tokens: ['one', 'two'], header: 'X-Api-Key', scheme: '' })

  expect(await letsIn(extension, { 'x-api-key': 'one' })).toBe(true)
  expect(await letsIn(extension, { 'x-api-key': 'two' })).toBe(true)
  expect(await letsIn(extension, { 'x-api-key': 'three' })).toBe(false)
  expect(await letsIn(extension, { authorization: 'Bearer one' })).toBe(false)
  expect(await extension.clientAuthenticator?.headers()).toEqual({ 'X-Api-Key': 'one' })
})

it('reads the file again when it changes, for servers and clients', async () => {
  const clock = fakeClock()
  const filename = join(dir, 'tokens')
  await writeFile(filename, 'old\n')
  const extension = await start({ filename, token: 'ignored' }, clock)
  expect(await extension.clientAuthenticator?.headers()).toEqual({ Authorization: 'Bearer old' })

  await writeFile(filename, 'new\nolder\n')
  await clock.advance(1000)

  expect(await extension.clientAuthenticator?.headers()).toEqual({ Authorization: 'Bearer new' })
  expect(await letsIn(extension, { authorization: 'Bearer older' })).toBe(true)
  expect(await letsIn(extension, { authorization: 'Bearer old' })).toBe(false)
  expect(await letsIn(extension, { authorization: 'Bearer ignored' })).toBe(false)
})

it('keeps the last good tokens when the file turns empty or unfit', async () => {
  const clock = fakeClock()
  const filename = join(dir, 'tokens')
  await writeFile(filename, 'good')
  const extension = await start({ filename }, clock)

  for (const unfit of ['', 'a b', 'line\u0000']) {
    await writeFile(filename, unfit)
    await clock.advance(1000)
    expect(await letsIn(extension, { authorization: 'Bearer good' })).toBe(true)
  }
})

it('does not start without a usable file, and tells nothing of its content', async () => {
  const filename = join(dir, 'tokens')
  await expect(start({ filename })).rejects.toThrow(/unable to read the file/)

  await writeFile(filename, 'hunter2 hunter3')
  await expect(start({ filename })).rejects.toThrow(
    expect.objectContaining({ message: expect.not.stringContaining('hunter') }),
  )
})

it.each([
  [{}, /no bearer token provided/],
  [{ token: 'a', tokens: ['b'] }, /either tokens or token should be provided, not both/],
  [{ token: 'a\r\nX: b' }, /visible ASCII/],
  [{ token: 'a', header: 'X Y' }, /invalid header name/],
  [{ token: 'a', scheme: 'B\n' }, /one word/],
])('finds fault with %j', (config, message) => {
  expect(() => createComponent(bearerTokenAuthExtension, config)).toThrow(message)
})

describe('contract', () => {
  testExtensionContract(bearerTokenAuthExtension, {
    config: { token: 's3cret-token' },
    use: (extension) => letsIn(extension, { authorization: 'Bearer wrong' }),
  })
})
