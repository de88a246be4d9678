import * as fc from 'fast-check'
import { expect, it } from 'vitest'

import { formatDuration, parseDuration } from './duration.ts'

it.each([
  ['0', 0],
  ['0s', 0],
  ['300ms', 300],
  ['1.5h', 5_400_000],
  ['2h45m', 9_900_000],
  ['-1m', -60_000],
  ['+.5s', 500],
  ['1us', 0.001],
  ['1µs', 0.001],
  ['250000ns', 0.25],
  ['1h2m3.5s', 3_723_500],
])('reads %s', (text, ms) => {
  expect(parseDuration(text)).toBeCloseTo(ms, 9)
})

it.each([
  ['5', 'missing unit', '5s'],
  ['5d', 'unknown unit', '120h'],
  ['2 minutes', 'unknown unit', '2m'],
  ['10 s', 'unknown unit', '10s'],
  ['1.5sec', 'unknown unit', '1.5s'],
  ['', 'invalid duration', undefined],
  ['-', 'invalid duration', undefined],
  ['s', 'invalid duration', undefined],
  ['1e3s', 'unknown unit', undefined],
  ['1s 2', 'unknown unit', undefined],
  ['9999999999h', 'invalid duration', undefined],
])('refuses %j and says how it was probably meant', (text, fault, suggestion) => {
  expect(parseDuration(text)).toMatchObject({ fault: expect.stringContaining(fault) })
  expect(parseDuration(text)).toHaveProperty('fault')
  const result = parseDuration(text)
  expect(typeof result === 'object' ? result.suggestion : 'a number').toBe(suggestion)
})

it.each([
  [0, '0s'],
  [200, '200ms'],
  [1500, '1.5s'],
  [90_000, '1m30s'],
  [300_000, '5m'],
  [86_400_000, '24h'],
  [-5000, '-5s'],
  [0.5, '500us'],
])('writes %d ms', (ms, text) => {
  expect(formatDuration(ms)).toBe(text)
})

it('reads back what it writes', () => {
  fc.assert(
    fc.property(fc.integer({ min: -1e12, max: 1e12 }), (ms) => {
      expect(parseDuration(formatDuration(ms))).toBeCloseTo(ms, 3)
    }),
  )
})

it('never throws and answers with a number or a fault', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(['number', 'object']).toContain(typeof parseDuration(text))
    }),
  )
})
