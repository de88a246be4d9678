import { describe, expect, test } from 'vitest'

import { StartError } from '../errors/errors.ts'
import { errorText, plainFields, stackOf } from './log-fields.ts'

test('makes every kind of value fit for one JSON line', () => {
  const circular: Record<string, unknown> = {}
  circular['self'] = circular

  const plain = plainFields({
    error: new Error('connection refused'),
    nanoseconds: 1_700_000_000_000_000_000n,
    small: 7n,
    notFinite: Number.NaN,
    ids: new Set(['a', 'b']),
    byName: new Map([['k', 1]]),
    bytes: new Uint8Array(3),
    when: new Date(0),
    absent: undefined,
    circular,
  })

  expect(JSON.parse(JSON.stringify(plain))).toEqual({
    error: 'connection refused',
    nanoseconds: '1700000000000000000',
    small: 7,
    notFinite: 'NaN',
    ids: ['a', 'b'],
    byName: { k: 1 },
    bytes: '3 bytes',
    when: '1970-01-01T00:00:00.000Z',
    circular: { self: '[Circular]' },
  })
})

test('takes out secrets by name and inside URLs (CFG-90, CFG-92)', () => {
  const plain = plainFields({
    authorization: 'Bearer abc',
    headers: { 'x-api-key': 'abc', accept: '*/*' },
    url: 'https://user:abc@example.com/?sig=abc&page=2',
    error: new Error('GET https://example.com/?token=abc failed'),
  })

  expect(JSON.stringify(plain)).not.toContain('abc')
  expect(plain['headers']).toEqual({ 'x-api-key': '[REDACTED]', accept: '*/*' })
  expect(plain['url']).toContain('page=2')
})

test('limits depth, length and number of items', () => {
  let deep: unknown = 'end'
  for (let level = 0; level < 50; level++) deep = { deep }

  const line = JSON.stringify(
    plainFields({ deep, long: 'x'.repeat(1_000_000), many: Array.from({ length: 10_000 }, () => 0) }),
  )

  expect(line).toContain('[…]')
  expect(line.length).toBeLessThan(30_000)
})

test('a field cannot take the place of the line’s own ones', () => {
  expect(plainFields({ msg: 'forged', level: 'error' })).toEqual({
    'field.msg': 'forged',
    'field.level': 'error',
  })
  expect(Object.keys(plainFields(JSON.parse('{"__proto__": {"polluted": 1}}')))).toEqual([])
})

describe('an error', () => {
  test('reads as its message and those of its causes, each once', () => {
    const cause = new Error('ECONNREFUSED', { cause: new Error('no route') })
    expect(errorText(new Error('failed to connect: ECONNREFUSED', { cause }))).toBe(
      'failed to connect: ECONNREFUSED: no route',
    )
  })

  test('has its stack told only if nobody threw it on purpose', () => {
    expect(stackOf(new TypeError('bug'))).toContain('log-fields.test.ts')
    expect(stackOf(new StartError('PORT_IN_USE', 'address already in use'))).toBeUndefined()
    expect(stackOf('text')).toBeUndefined()
  })
})
