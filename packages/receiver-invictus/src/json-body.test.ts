import * as fc from 'fast-check'
import { expect, it } from 'vitest'

import { parseJsonBody, WrittenNumber } from './json-body.ts'
import { canonicalJson, jsonText, TooDeepError } from './json-text.ts'

it.each([
  ['9007199254740993', new WrittenNumber('9007199254740993')],
  ['-9007199254740992', new WrittenNumber('-9007199254740992')],
  ['9007199254740991', 9_007_199_254_740_991],
  ['1e17', new WrittenNumber('1e17')],
  ['1e999', new WrittenNumber('1e999')],
  ['1e3', 1_000],
  ['1563872104.0500001', new WrittenNumber('1563872104.0500001')],
  ['-1563872104.05', -1_563_872_104.05],
  ['2.5', 2.5],
])('reads the number %s without losing a digit', (text, expected) => {
  expect(parseJsonBody(`{"a": [ ${text}]}`)).toEqual({ a: [expected] })
  expect(parseJsonBody(`{"a":${text}}`)).toEqual({ a: expected })
})

it('reads a number the same whatever else the document holds', () => {
  const alone = parseJsonBody('[1.50,2]')
  const beside = parseJsonBody('[1.50,2,123456789012345678901]')
  expect(beside).toEqual([...(Array.isArray(alone) ? alone : []), new WrittenNumber('123456789012345678901')])
})

it('reads what JSON.parse reads', () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      fc.pre(!/\d{15}|[eE]/.test(text))
      expect(parseJsonBody(Buffer.from(text))).toEqual(JSON.parse(text))
    }),
  )
})

it('takes a byte order mark, and no bytes that are not UTF-8', () => {
  expect(parseJsonBody(Buffer.from('\uFEFF[1]'))).toEqual([1])
  expect(() => parseJsonBody(Buffer.from([0x22, 0xff, 0x22]))).toThrow(SyntaxError)
})

it('refuses nesting that would exhaust the stack', () => {
  const deep = '['.repeat(500_000) + ']'.repeat(500_000)
  expect(() => parseJsonBody(`[12345678901234567890,${deep}]`)).toThrow(SyntaxError)
  expect(() => jsonText(parseJsonBody(deep))).toThrow(TooDeepError)
})

it('writes one text for one event, however its names are ordered', () => {
  const a = parseJsonBody('{"b":{"y":1,"x":[12345678901234567890,null]},"a":"\\u00e9"}')
  const b = parseJsonBody('{ "a": "é", "b": { "x": [12345678901234567890, null], "y": 1 } }')
  expect(canonicalJson(a)).toBe(canonicalJson(b))
  expect(canonicalJson(a)).toBe('{"a":"é","b":{"x":[12345678901234567890,null],"y":1}}')
  expect(jsonText(a)).toBe('{"b":{"y":1,"x":[12345678901234567890,null]},"a":"é"}')
})

it('keeps a name that could change the prototype of an object as a plain name', () => {
  const value = parseJsonBody('{"__proto__":{"polluted":1},"n":12345678901234567890}')
  expect(jsonText(value)).toBe('{"__proto__":{"polluted":1},"n":12345678901234567890}')
  expect(Object.getPrototypeOf({})).not.toHaveProperty('polluted')
})
