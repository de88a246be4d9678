import { createHmac } from 'node:crypto'

import { expect, it } from 'vitest'

import { checkSharedAccessSignature, covers } from './shared-access.ts'

const policy = { keyName: 'root', key: 'a+key/with=signs==' }
const audience = 'sb://host:5672/flows/ConsumerGroups/$Default/Partitions/0'

interface Parts {
  readonly resource?: string
  readonly key?: string
  readonly name?: string
  readonly expiry?: string
}

function token({
  resource = 'sb://host/flows',
  key = policy.key,
  name = 'root',
  expiry = '1000',
}: Parts = {}): string {
  const encoded = encodeURIComponent(resource)
  const signature = createHmac('sha256', key).update(`${encoded}\n${expiry}`).digest('base64')
  return `SharedAccessSignature sr=${encoded}&sig=${encodeURIComponent(signature)}&se=${expiry}&skn=${name}`
}

it('admits whoever has the key, until the signature expires', () => {
  expect(checkSharedAccessSignature(token(), audience, policy, 999_999)).toEqual({
    ok: true,
    expiresAt: 1_000_000,
  })
  expect(checkSharedAccessSignature(token(), audience, policy, 1_000_000)).toEqual({
    ok: false,
    reason: 'it has expired',
  })
})

it.for([
  ['another key', token({ key: 'other' }), 'does not match the key'],
  ['another policy', token({ name: 'other' }), 'its policy (skn) is not known'],
  ['another hub', token({ resource: 'sb://host/floes' }), 'does not cover the audience'],
  [
    'a hub whose name only begins alike',
    token({ resource: 'sb://host/flow' }),
    'does not cover the audience',
  ],
  ['an expiry that is none', token({ expiry: 'never' }), 'no time in seconds'],
  ['a longer life than was signed', token().replace('se=1000', 'se=2000'), 'does not match the key'],
  ['no signature', token().replace(/sig=[^&]*&/, ''), 'lacks one of the fields'],
  ['a signature that is no text', token().replace(/sig=[^&]*/, 'sig=%'), 'does not match the key'],
  ['nothing', '', 'does not begin with'],
] as const)('refuses a signature with %s', ([, text, reason]) => {
  const verdict = checkSharedAccessSignature(text, audience, policy, 0)

  expect(verdict).toEqual({ ok: false, reason: expect.stringContaining(reason) })
  expect(JSON.stringify(verdict)).not.toContain('sig=%')
})

it.for([
  ['sb://host/', 'flows', true],
  ['sb://host/flows', 'sb://other/FLOWS/Partitions/0', true],
  ['https://host/flows/', 'flows', true],
  ['sb://host/flows/Partitions/0', 'flows', false],
  ['sb://host/flow', 'flows', false],
] as const)('knows whether %s covers %s', ([resource, other, expected]) => {
  expect(covers(resource, other)).toBe(expected)
})
