import { describe, expect, it } from 'vitest'

import { apiUrlOf, authHeaders, checkNames, parseMoment } from '../src/backfill/request.ts'

const files: Readonly<Record<string, string>> = { 'token.txt': 'from-a-file\n' }
const context = (env: Readonly<Record<string, string>>) => ({
  env,
  readFile: (path: string) =>
    files[path] === undefined
      ? Promise.reject(new Error(`ENOENT: ${path}`))
      : Promise.resolve(Buffer.from(files[path])),
})
const flags = { since: '90d' }

describe('who asks', () => {
  it('is told to each API in its own way', async () => {
    expect(await authHeaders('github', flags, context({ GITHUB_TOKEN: 'g' }))).toMatchObject({
      authorization: 'Bearer g',
    })
    expect(await authHeaders('github', flags, context({}))).not.toHaveProperty('authorization')
    expect(await authHeaders('gitlab', flags, context({ GITLAB_TOKEN: 'l' }))).toEqual({
      'private-token': 'l',
    })
    expect(await authHeaders('jira', flags, context({ JIRA_TOKEN: 'j', JIRA_USER: 'me@x' }))).toEqual({
      authorization: `Basic ${Buffer.from('me@x:j').toString('base64')}`,
    })
    expect(await authHeaders('jira', flags, context({ JIRA_TOKEN: 'j' }))).toEqual({
      authorization: 'Bearer j',
    })
  })

  it('may stand in a variable or a file of its own', async () => {
    expect(await authHeaders('gitlab', { ...flags, tokenEnv: 'OTHER' }, context({ OTHER: 'o' }))).toEqual({
      'private-token': 'o',
    })
    expect(await authHeaders('gitlab', { ...flags, tokenFile: 'token.txt' }, context({}))).toEqual({
      'private-token': 'from-a-file',
    })
    await expect(authHeaders('gitlab', { ...flags, tokenFile: 'none' }, context({}))).rejects.toMatchObject({
      code: 'TOKEN_MISSING',
    })
    await expect(
      authHeaders('github', { ...flags, tokenEnv: 'OTHER' }, context({ GITHUB_TOKEN: 'g' })),
    ).rejects.toMatchObject({ code: 'TOKEN_MISSING' })
  })

  it('is never shown', async () => {
    const error: unknown = await authHeaders('gitlab', flags, context({ GITLAB_TOKEN: 'se cret' })).catch(
      (caught: unknown) => caught,
    )
    expect(String(error)).toContain('holds blanks')
    expect(String(error)).not.toContain('se cret')
  })
})

describe('a moment', () => {
  const now = Date.UTC(2026, 2, 10, 12)
  it.each([
    ['2026-03-01', Date.UTC(2026, 2, 1)],
    ['2026-03-01T08:30', Date.UTC(2026, 2, 1, 8, 30)],
    ['2026-03-01T08:30:15Z', Date.UTC(2026, 2, 1, 8, 30, 15)],
    ['2026-03-01T08:30:15+02:00', Date.UTC(2026, 2, 1, 6, 30, 15)],
    ['2d', Date.UTC(2026, 2, 8, 12)],
    ['90m', Date.UTC(2026, 2, 10, 10, 30)],
  ])('may be %s', (text, expected) => {
    expect(parseMoment('--since', text, now)).toBe(expected)
  })

  it.each(['', 'yesterday', '2026', '2026-13-01', '5y', '-1d', '03/01/2026'])('may not be %j', (text) => {
    expect(() => parseMoment('--since', text, now)).toThrow(expect.objectContaining({ code: 'TIME_INVALID' }))
  })
})

describe('a name', () => {
  it.each([
    ['github', 'acme/shop.js'],
    ['gitlab', 'acme/team/shop'],
    ['gitlab', '4711'],
    ['jira', 'SHOP'],
  ] as const)('of %s may be %s', (source, name) => {
    expect(() => checkNames(source, [name])).not.toThrow()
  })

  it.each([
    ['github', 'acme'],
    ['github', 'acme/..'],
    ['github', 'acme/shop?x=1'],
    ['gitlab', 'acme/../shop'],
    ['jira', 'SHOP" OR 1=1'],
    ['jira', '-SHOP'],
  ] as const)('of %s may not be %s', (source, name) => {
    expect(() => checkNames(source, [name])).toThrow(expect.objectContaining({ code: 'NAME_INVALID' }))
  })
})

it('knows the public APIs, but no Jira site', () => {
  expect(apiUrlOf('github', flags)).toBe('https://api.github.com')
  expect(apiUrlOf('gitlab', { ...flags, apiUrl: 'https://git.example.com/api/v4' })).toBe(
    'https://git.example.com/api/v4',
  )
  expect(() => apiUrlOf('jira', flags)).toThrow(expect.objectContaining({ code: 'API_URL_MISSING' }))
})
