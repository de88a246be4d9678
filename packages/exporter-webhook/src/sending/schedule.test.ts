import { describe, expect, it } from 'vitest'

import { nextDelay } from './schedule.ts'

const retry = { schedule: [5_000, 300_000], jitter: 0.2 }

describe('nextDelay', () => {
  it('follows the schedule within the jitter, and ends with it', () => {
    expect(nextDelay(retry, 1, undefined, () => 0.5)).toBe(5_000)
    expect(nextDelay(retry, 1, undefined, () => 0)).toBe(4_000)
    expect(nextDelay(retry, 1, undefined, () => 0.999_999)).toBeCloseTo(6_000, 0)
    expect(nextDelay(retry, 2, undefined, () => 0.5)).toBe(300_000)
    expect(nextDelay(retry, 3, undefined, () => 0.5)).toBeUndefined()
  })

  it('waits longer when it is asked to, but no more than a day', () => {
    expect(nextDelay(retry, 1, 60_000, () => 0.5)).toBe(60_000)
    expect(nextDelay(retry, 2, 60_000, () => 0.5)).toBe(300_000)
    expect(nextDelay(retry, 1, 1e12, () => 0.5)).toBe(86_400_000)
  })
})
