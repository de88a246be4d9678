import { expect, it } from 'vitest'

import { createBackoff } from './backoff.ts'

const settings = { initial_interval: 5_000, randomization_factor: 0.5, multiplier: 1.5, max_interval: 30_000 }

const delays = (count: number, random: () => number, change = {}): number[] => {
  const backoff = createBackoff({ ...settings, ...change }, random)
  return Array.from({ length: count }, () => backoff.next())
}

it('EXP-20: grows the interval by the multiplier up to the maximum', () => {
  expect(delays(7, () => 0.5)).toEqual([5_000, 7_500, 11_250, 16_875, 25_312.5, 30_000, 30_000])
})

it('EXP-20: spreads each delay by the factor around the interval', () => {
  expect(delays(2, () => 0)).toEqual([2_500, 3_750])
  expect(delays(1, () => 1)).toEqual([7_500])
  expect(delays(1, () => 0, { randomization_factor: 0 })).toEqual([5_000])
})

it('begins with the maximum when that is less than the first interval', () => {
  expect(delays(2, () => 0.5, { initial_interval: 60_000 })).toEqual([30_000, 30_000])
})
