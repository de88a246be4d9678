import { describe, expect, it } from 'vitest'

import { Backoff, retryAfter } from './backoff.ts'

const settings = { minMs: 15_000, maxMs: 60_000, jitter: 0.2 }

describe('Backoff', () => {
  it('grows from the shortest pause that the other side allows, and begins anew after a reset', () => {
    const backoff = new Backoff(settings, () => 0)
    const waits = Array.from({ length: 8 }, () => backoff.next({ reason: 'x' }))
    expect(waits).toEqual([15_000, 15_000, 15_000, 15_000, 16_000, 32_000, 60_000, 60_000])
    backoff.reset()
    expect(backoff.next({ reason: 'x' })).toBe(15_000)
  })

  it('only ever adds at random', () => {
    const backoff = new Backoff(settings, () => 1)
    expect(backoff.next({ reason: 'x' })).toBe(18_000)
  })

  it('does not hurry to somebody who refuses us, and waits as long as it is asked to', () => {
    const backoff = new Backoff(settings, () => 0)
    expect(backoff.next({ reason: 'http_401', refused: true })).toBe(60_000)
    expect(backoff.next({ reason: 'http_503', retryAfterMs: 90_000 })).toBe(90_000)
    expect(backoff.next({ reason: 'http_503', retryAfterMs: 1e12 })).toBe(3_600_000)
  })

  it('reads Retry-After in both forms', () => {
    expect(retryAfter('7', 0)).toBe(7_000)
    expect(retryAfter('Thu, 01 Jan 1970 00:00:10 GMT', 4_000)).toBe(6_000)
    expect([retryAfter(undefined, 0), retryAfter('soon', 0)]).toEqual([undefined, undefined])
  })
})
