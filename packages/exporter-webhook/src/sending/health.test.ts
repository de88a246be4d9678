import { describe, expect, it } from 'vitest'

import { Health } from './health.ts'

const plain = { overloaded: false, isGone: false }

describe('Health', () => {
  it('leaves an overloaded endpoint alone for a minute at least', () => {
    const health = new Health({ failingForMs: 0 })
    health.failed(1_000, { ...plain, overloaded: true })
    expect(health.pauseMs(1_000)).toBe(60_000)
    expect(health.pauseMs(61_000)).toBe(0)
    health.failed(61_000, { ...plain, overloaded: true, retryAfterMs: 90_000 })
    expect(health.pauseMs(61_000)).toBe(90_000)
    // Of an attempt that had begun before the pause.
    health.succeeded()
    expect(health.pauseMs(61_000)).toBe(90_000)
  })

  it('breaks after ten failures in a row, and heals with a success', () => {
    const health = new Health({ failingForMs: 0 })
    for (let count = 0; count < 9; count++) health.failed(0, plain)
    expect([health.isBroken, health.pauseMs(0)]).toEqual([false, 0])
    health.failed(0, plain)
    expect([health.isBroken, health.pauseMs(0)]).toEqual([true, 60_000])
    health.succeeded()
    expect(health.isBroken).toBe(false)
  })

  it('disables what fails for too long, counted from the first failure after a success', () => {
    const health = new Health({ failingForMs: 100 })
    health.failed(0, plain)
    health.failed(99, plain)
    health.succeeded()
    health.failed(150, plain)
    expect(health.disabled).toBeUndefined()
    health.failed(250, plain)
    expect(health.disabled).toMatch('nothing was delivered')
  })

  it('disables what is gone, and never for time when told so', () => {
    const health = new Health({ failingForMs: 0 })
    health.failed(0, plain)
    health.failed(1e12, plain)
    expect(health.disabled).toBeUndefined()
    health.failed(1e12, { ...plain, isGone: true })
    expect(health.disabled).toBe('it answered with status 410')
  })
})
