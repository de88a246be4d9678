import { fakeClock } from '@spanloom/core/testing'
import { expect, it } from 'vitest'

import { wallTime } from './wall-time.ts'

it('is as fine as the monotonic clock, and follows within a millisecond when the machine’s clock is set', async () => {
  const clock = fakeClock(1_000)
  const time = wallTime(clock)
  await clock.advance(0.25)
  expect(time()).toBe(1_000.25)
  clock.setWall(5_000)
  await clock.advance(1)
  expect(time()).toBe(5_001)
})

it('does not follow small steps, so that differences stay exact', async () => {
  const clock = fakeClock(1_000)
  const time = wallTime(clock)
  clock.setWall(1_040)
  await clock.advance(10)
  expect(time()).toBe(1_010)
})
