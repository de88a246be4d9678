import { describe, expect, it } from 'vitest'

import { failureOf, parseRetryAfter } from './verdict.ts'

const now = Date.parse('2026-01-01T00:00:00Z')
const answer = (status: number, headers: Record<string, string> = {}, body = '') =>
  failureOf({ status, headers, body }, now)

describe('failureOf', () => {
  it.each([200, 201, 204, 299])('%i is a success', (status) => {
    expect(answer(status)).toBeUndefined()
  })

  it.each([
    [301, { overloaded: false, isFinal: false, isGone: false }],
    [400, { overloaded: false, isFinal: false, isGone: false }],
    [401, { overloaded: false, isFinal: false, isGone: false }],
    [410, { overloaded: false, isFinal: true, isGone: true }],
    [413, { overloaded: false, isFinal: true, isGone: false }],
    [429, { overloaded: true, isFinal: false, isGone: false }],
    [500, { overloaded: false, isFinal: false, isGone: false }],
    [502, { overloaded: true, isFinal: false, isGone: false }],
    [503, { overloaded: true, isFinal: false, isGone: false }],
    [504, { overloaded: true, isFinal: false, isGone: false }],
  ])('%i', (status, expected) => {
    expect(answer(status)).toMatchObject({ status, ...expected })
  })

  it('obeys abort-message', () => {
    expect(answer(500, { 'webhook-delivery': 'Abort-Message' })).toMatchObject({
      isFinal: true,
      isGone: false,
    })
  })

  it('keeps what was answered on one line', () => {
    expect(answer(500, {}, 'a\r\nb\u202Ec')).toMatchObject({
      reason: 'answered with status 500',
      excerpt: 'a b c',
    })
  })
})

describe('parseRetryAfter', () => {
  it.each([
    ['120', 120_000],
    ['0', 0],
    [' 5 ', 5_000],
    ['Thu, 01 Jan 2026 00:01:00 GMT', 60_000],
    ['Wed, 31 Dec 2025 00:00:00 GMT', 0],
    ['-1', undefined],
    ['1e9', undefined],
    ['soon', undefined],
    [undefined, undefined],
  ])('%j is %j', (value, expected) => {
    expect(parseRetryAfter(value, now)).toBe(expected)
  })
})
