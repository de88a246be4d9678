import { expect, it } from 'vitest'

import { createGuard } from './guard.ts'

const guardOf = (token?: string) =>
  createGuard({ endpoint: 'admin.example:55679', allowedHosts: [], secure: true, token })
const post = (clientAddress: string | undefined, authorization?: string) => ({
  method: 'POST',
  clientAddress,
  headers: {
    host: 'admin.example',
    origin: 'https://admin.example',
    ...(authorization === undefined ? {} : { authorization }),
  },
})

it.each(['127.0.0.1', '::1', '::ffff:127.0.0.1', undefined])(
  'lets a client on this machine change something without a token: %s',
  (address) => {
    expect(() => guardOf()(post(address))).not.toThrow()
  },
)

it.each(['10.1.2.3', '::ffff:10.1.2.3', 'fe80::1', '0.0.0.0', ''])(
  'refuses changes of others without a token: %s',
  (address) => {
    expect(() => guardOf()(post(address))).toThrow('only clients on this machine')
  },
)

it('lets others change something who have the token', () => {
  expect(() => guardOf('t')(post('10.1.2.3', 'Bearer t'))).not.toThrow()
  expect(() => guardOf('t')(post('127.0.0.1'))).toThrow('token')
})

it('takes an origin for ours only with the scheme of the server', () => {
  const request = { ...post('::1'), headers: { host: 'admin.example', origin: 'http://admin.example' } }
  expect(() => guardOf()(request)).toThrow('other origins')
})

it('refuses a request without a host', () => {
  expect(() => guardOf()({ method: 'GET', clientAddress: '::1', headers: {} })).toThrow('name of its own')
})
