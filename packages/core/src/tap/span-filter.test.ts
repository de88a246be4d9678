import { describe, expect, it } from 'vitest'

import { double, span, type SpanInit } from '../traces/index.ts'
import { type SpanFilter, spanFilter } from './span-filter.ts'

const of = (init: Partial<SpanInit>) =>
  span({ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), name: 'GET /users', ...init })
const fits = (filter: SpanFilter, init: Partial<SpanInit> = {}): boolean => spanFilter(filter)(of(init))

it('wants everything when it says nothing', () => {
  expect(fits({})).toBe(true)
})

describe('a name', () => {
  it.each([
    ['GET /users', true],
    ['get /users', false],
    ['GET', false],
    ['GET*', true],
    ['*users', true],
    ['*T*s*', true],
    ['*', true],
    ['G*T /users', true],
    ['GET /users*users', false],
    ['*GET /users*', true],
    ['GET /us*sers', false],
    ['', false],
  ])('%j fits GET /users: %s', (name, expected) => {
    expect(fits({ name })).toBe(expected)
  })

  it('is compared without going back and forth', () => {
    const name = `${'*a'.repeat(2_000)}b`
    const begin = performance.now()
    expect(fits({ name }, { name: 'a'.repeat(100_000) })).toBe(false)
    expect(performance.now() - begin).toBeLessThan(1_000)
  })
})

describe('an attribute', () => {
  it.each([
    [{ key: 'text', value: 'on' }, true],
    [{ key: 'text', value: 'off' }, false],
    [{ key: 'text' }, true],
    [{ key: 'other' }, false],
    [{ key: 'int', value: '5' }, true],
    [{ key: 'big', value: '9007199254740993' }, true],
    [{ key: 'double', value: '5' }, true],
    [{ key: 'flag', value: 'true' }, true],
    [{ key: 'list', value: 'b' }, true],
    [{ key: 'list', value: 'c' }, false],
    [{ key: 'map', value: '[object Object]' }, false],
    [{ key: 'service.name', value: 'shop' }, true],
    [{ key: '__proto__' }, false],
    [{ key: 'constructor' }, false],
  ])('%j is found: %s', (attribute, expected) => {
    const attributes = {
      text: 'on',
      int: 5,
      big: 9007199254740993n,
      double: double(5),
      flag: true,
      list: ['a', 'b'],
      map: { a: 1 },
    }
    expect(fits({ attributes: [attribute] }, { attributes, resource: { 'service.name': 'shop' } })).toBe(
      expected,
    )
  })

  it('has to fit together with all others', () => {
    const filter = {
      trace: 'a'.repeat(32),
      name: 'GET*',
      attributes: [{ key: 'a', value: '1' }, { key: 'b' }],
    }
    expect(fits(filter, { attributes: { a: 1, b: 2 } })).toBe(true)
    expect(fits(filter, { attributes: { a: 1 } })).toBe(false)
    expect(fits({ ...filter, trace: 'b'.repeat(32) }, { attributes: { a: 1, b: 2 } })).toBe(false)
  })
})

it('samples whole traces, about as many as asked for', () => {
  const keep = spanFilter({ sample: 0.25 })
  let kept = 0
  for (let index = 1; index <= 4_000; index++) {
    const traceId = ((BigInt(index) * 0x9e3779b97f4a7c15f39cc0605cedc835n) % 2n ** 128n)
      .toString(16)
      .padStart(32, '0')
    const answers = new Set(['1', '2'].map((end) => keep(of({ traceId, spanId: end.padStart(16, '0') }))))
    expect(answers.size).toBe(1)
    if (answers.has(true)) kept++
  }
  expect(kept).toBeGreaterThan(900)
  expect(kept).toBeLessThan(1_100)
})
