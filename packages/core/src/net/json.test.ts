import fc from 'fast-check'
import { expect, it } from 'vitest'

import { PermanentError } from '../errors/errors.ts'
import { jsonDepthExceeds, parseJson } from './json.ts'

const bytes = (text: string): Buffer => Buffer.from(text)

it('parses what JSON.parse parses', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = JSON.stringify(value)
      expect(parseJson(bytes(text), { maxDepth: 1000 })).toEqual(JSON.parse(text))
    }),
  )
})

it('counts nesting exactly, strings left aside', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 8 }), (value) => {
      const depth = depthOf(value)
      const text = bytes(JSON.stringify(value))
      expect(jsonDepthExceeds(text, depth)).toBe(false)
      expect(jsonDepthExceeds(text, depth - 1)).toBe(depth > 0)
    }),
  )
})

it('refuses 100,000 levels without touching the stack', () => {
  expect(() => parseJson(bytes('['.repeat(100_000) + ']'.repeat(100_000)))).toThrow(
    /nested deeper than 100 levels/,
  )
  expect(() => parseJson(bytes('{"a":'.repeat(100_000)))).toThrow(PermanentError)
})

it('does not take brackets in strings for nesting', () => {
  expect(parseJson(bytes(JSON.stringify({ text: '"[['.repeat(500) })))).toEqual({ text: '"[['.repeat(500) })
})

it('refuses text that is not UTF-8', () => {
  expect(() => parseJson(Buffer.from([0x22, 0xff, 0xfe, 0x22]))).toThrow(/not UTF-8/)
})

it('echoes nothing of a broken text', () => {
  expect(() => parseJson(bytes('{"password": hunter2}'))).toThrow(
    expect.objectContaining({
      code: 'INVALID_JSON',
      grpcStatus: 3,
      message: expect.not.stringContaining('hunter2'),
    }),
  )
  expect(() => parseJson(bytes(''))).toThrow(PermanentError)
})

it('skips a byte order mark', () => {
  expect(parseJson(bytes('\ufeff[1]'))).toEqual([1])
})

it('leaves the prototype of everything alone when a key is called __proto__', () => {
  const value = parseJson(bytes('{"__proto__": {"polluted": true}}'))

  expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
  expect(Reflect.get({}, 'polluted')).toBeUndefined()
})

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  return 1 + Math.max(0, ...Object.values(value).map(depthOf))
}
