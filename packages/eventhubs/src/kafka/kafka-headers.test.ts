import fc from 'fast-check'
import { expect, it } from 'vitest'

import { fromHeaderValue, fromKafkaHeaders, toKafkaHeaders } from './kafka-headers.ts'

it('writes and reads properties', () => {
  const headers = toKafkaHeaders({
    body: new Uint8Array(),
    contentType: 'application/json',
    messageId: 'm-1',
    properties: { tenant: 'acme', count: 3, fast: true },
  })
  expect(fromKafkaHeaders(headers)).toEqual({
    contentType: 'application/json',
    messageId: 'm-1',
    properties: {
      'content-type': 'application/json',
      'message-id': 'm-1',
      tenant: 'acme',
      count: '3',
      fast: 'true',
    },
  })
})

it.each([
  ['a105616263c3a4', 'abcä'],
  ['b100000003616263', 'abc'],
  ['5601', true],
  ['54ff', -1],
  ['7100000100', 256],
  ['8100000000000003e8', 1000],
  ['823ff8000000000000', 1.5],
])('reads %s, which came in over AMQP', (hex, value) => {
  expect(fromHeaderValue(Buffer.from(hex, 'hex'))).toBe(value)
})

it('leaves bytes that mean nothing as they are, and text as text', () => {
  expect(fromHeaderValue(Buffer.from('a1ff00', 'hex'))).toEqual(Buffer.from('a1ff00', 'hex'))
  expect(fromHeaderValue(Buffer.from('plain ä'))).toBe('plain ä')
})

it('reads any bytes without a fault, and keeps a hostile name an ordinary one', () => {
  const result = fc.check(
    fc.property(
      fc.uint8Array({ maxLength: 20 }),
      (bytes) => fromHeaderValue(Buffer.from(bytes)) !== undefined,
    ),
  )
  expect(result.counterexample).toBeNull()
  const { properties } = fromKafkaHeaders([[Buffer.from('__proto__'), Buffer.from('x')]])
  expect(Object.keys(properties)).toEqual(['__proto__'])
})
