import { expect, it } from 'vitest'

import { StartError } from '../errors/errors.ts'
import { endpointFault, joinHostPort, parseEndpoint } from './endpoint.ts'

it.each([
  ['localhost:4318', 'localhost', 4318],
  ['127.0.0.1:0', '127.0.0.1', 0],
  [':4317', '', 4317],
  ['[::1]:4318', '::1', 4318],
  ['[fe80::1%eth0]:1', 'fe80::1%eth0', 1],
])('reads %s', (text, host, port) => {
  expect(parseEndpoint(text)).toEqual({ kind: 'tcp', host, port })
})

it.each([
  ['unix:///run/otlp.sock', 'tcp', '/run/otlp.sock'],
  ['/run/otlp.sock', 'unix', '/run/otlp.sock'],
  ['unix:relative.sock', 'unix', 'relative.sock'],
] as const)('reads the socket path %s', (text, transport, path) => {
  expect(parseEndpoint(text, transport)).toEqual({ kind: 'unix', path })
})

it.each([
  ['localhost', /missing port in address/],
  ['::1:4318', /too many colons in address/],
  ['localhost:http', /invalid port/],
  ['localhost:65536', /invalid port/],
  ['', /missing port/],
  ['http://localhost:4318', /address http/],
])('names what is wrong with "%s"', (text, fault) => {
  expect(endpointFault(text)).toMatch(fault)
  expect(() => parseEndpoint(text)).toThrow(StartError)
})

it('refuses an empty socket path', () => {
  expect(endpointFault('', 'unix')).toBeDefined()
})

it('puts an IPv6 host into brackets', () => {
  expect(joinHostPort('::1', 1)).toBe('[::1]:1')
  expect(joinHostPort('127.0.0.1', 1)).toBe('127.0.0.1:1')
})
