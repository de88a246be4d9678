import type { LookupAddress } from 'node:dns'

import { describe, expect, it } from 'vitest'

import { createAddressGuard, networkFault, type ResolveAll } from './address-guard.ts'

const answering =
  (...answers: readonly (readonly string[])[]): ResolveAll =>
  (_host, _options, done) => {
    const next = answers.length > 1 ? (answers[calls++] ?? []) : (answers[0] ?? [])
    done(
      null,
      next.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    )
  }
let calls = 0

function lookedUp(resolve: ResolveAll, allow: readonly string[] = []): Promise<readonly LookupAddress[]> {
  const { promise, resolve: settle, reject } = Promise.withResolvers<readonly LookupAddress[]>()
  createAddressGuard(allow, resolve).lookup('hooks.example.test', { all: true }, (error, found) => {
    if (error) reject(error)
    else settle(found as LookupAddress[])
  })
  return promise
}

describe('createAddressGuard', () => {
  it.each([
    '127.0.0.1',
    '127.255.255.254',
    '10.0.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '224.0.0.1',
    '255.255.255.255',
    '::1',
    '::',
    '::ffff:127.0.0.1',
    '::ffff:a00:1',
    '::7f00:1',
    '::ffff:0:7f00:1',
    'fe80::1%eth0',
    '64:ff9b::a00:1',
    '2002:a00:1::',
    'fe80::1',
    'fd00::1',
    'ff02::1',
    'no address',
    '',
  ])('refuses %s', (address) => {
    expect(createAddressGuard([]).allows(address)).toBe(false)
  })

  it.each(['8.8.8.8', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '::ffff:8.8.8.8'])(
    'allows %s',
    (address) => {
      expect(createAddressGuard([]).allows(address)).toBe(true)
    },
  )

  it('allows what is listed, and no more', () => {
    const guard = createAddressGuard(['10.1.0.0/16', '127.0.0.1', 'fd00::/8'])
    expect(guard.allows('10.1.2.3')).toBe(true)
    expect(guard.allows('10.2.0.1')).toBe(false)
    expect(guard.allows('127.0.0.1')).toBe(true)
    expect(guard.allows('127.0.0.2')).toBe(false)
    expect(guard.allows('fd12::1')).toBe(true)
  })

  it('checks hosts that are addresses', () => {
    const guard = createAddressGuard([])
    for (const host of ['127.0.0.1', '[::1]', '10.0.0.8']) {
      expect(() => guard.checkHost(host)).toThrow(expect.objectContaining({ code: 'ADDRESS_REFUSED' }))
    }
    guard.checkHost('example.test')
    guard.checkHost('8.8.8.8')
  })

  it('gives only allowed addresses of a name', async () => {
    const found = await lookedUp(answering(['10.0.0.1', '8.8.8.8', '::1', '2606:4700::1111']))
    expect(found.map(({ address }) => address)).toEqual(['8.8.8.8', '2606:4700::1111'])
  })

  it('refuses a name that leads inside, also when it did not the time before', async () => {
    const rebinding = answering(['8.8.8.8'], ['169.254.169.254'])
    expect(await lookedUp(rebinding)).toHaveLength(1)
    await expect(lookedUp(rebinding)).rejects.toMatchObject({ code: 'ADDRESS_REFUSED' })
  })

  it('answers callers that want one address', async () => {
    const { promise, resolve } = Promise.withResolvers<unknown[]>()
    createAddressGuard([], answering(['10.0.0.1', '8.8.4.4'])).lookup('h', {}, (...found) => resolve(found))
    expect(await promise).toEqual([null, '8.8.4.4', 4])
  })

  it('hands errors of the resolver on', async () => {
    const failing: ResolveAll = (_host, _options, done) =>
      done(Object.assign(new Error('not found'), { code: 'ENOTFOUND' }), [])
    await expect(lookedUp(failing)).rejects.toMatchObject({ code: 'ENOTFOUND' })
  })
})

it.each(['10.0.0.0/33', 'example.test', '10.0.0.0/x', '::/129', '10.0.0.0/-1'])(
  '%s is no network',
  (network) => {
    expect(networkFault(network)).toBeDefined()
    expect(() => createAddressGuard([network])).toThrow(expect.objectContaining({ code: 'INVALID_NETWORK' }))
  },
)
