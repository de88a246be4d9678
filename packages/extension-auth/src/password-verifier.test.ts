import { expect, it } from 'vitest'

import { PasswordVerifier } from './password-verifier.ts'

/** Users whose password is `right`, and how often it was looked at. */
function watchedUsers(...names: readonly string[]): {
  users: Map<string, (password: string) => boolean>
  checks: string[]
} {
  const checks: string[] = []
  const users = new Map(
    names.map((name) => [
      name,
      (password: string) => {
        checks.push(name)
        return password === 'right'
      },
    ]),
  )
  return { users, checks }
}

it('checks a good pair once, a bad one every time', async () => {
  const { users, checks } = watchedUsers('me')
  const verifier = new PasswordVerifier()

  await verifier.verify(users, 'me', 'right')
  await verifier.verify(users, 'me', 'right')
  expect(checks).toHaveLength(1)
  for (let round = 0; round < 2; round++) {
    await expect(verifier.verify(users, 'me', 'wrong')).rejects.toThrow('invalid credentials')
  }
  expect(checks).toHaveLength(3)
})

it('takes as long for a name that does not exist', async () => {
  const { users, checks } = watchedUsers('me')

  await expect(new PasswordVerifier().verify(users, 'nobody', 'right')).rejects.toThrow('invalid credentials')
  expect(checks).toEqual(['me'])
})

it('does not remember a pair whose users were replaced while it was checked', async () => {
  const gate = Promise.withResolvers<boolean>()
  const before = new Map([['me', () => gate.promise]])
  const { users: after } = watchedUsers('you')
  const verifier = new PasswordVerifier()

  const old = verifier.verify(before, 'me', 'right')
  const replaced = verifier.verify(after, 'you', 'right')
  gate.resolve(true)
  await Promise.all([old, replaced])

  await expect(verifier.verify(after, 'me', 'right')).rejects.toThrow('invalid credentials')
})

it('remembers a bounded number of pairs', async () => {
  const names = Array.from({ length: 1001 }, (_, index) => `user-${index}`)
  const { users, checks } = watchedUsers(...names)
  const verifier = new PasswordVerifier()

  for (const name of names) await verifier.verify(users, name, 'right')
  await verifier.verify(users, 'user-1000', 'right')
  expect(checks).toHaveLength(1001)
  await verifier.verify(users, 'user-0', 'right')
  expect(checks).toHaveLength(1002)
})
