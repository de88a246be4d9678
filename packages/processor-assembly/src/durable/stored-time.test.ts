import { fakeClock } from '@spanloom/core/testing'
import { expect, it } from 'vitest'

import { StoredTime } from './stored-time.ts'

const wallMs = 1_767_225_600_000

it('goes on after the process before, with the time in between', () => {
  const last = { stored: 5_000, wallMs }
  const time = new StoredTime(fakeClock(wallMs + 60_000), last)

  expect(time.fromStored(5_000)).toBe(-60_000)
  expect(time.toStored(0)).toBe(65_000)
})

it('counts a wall clock that was set back as no time at all', () => {
  const time = new StoredTime(fakeClock(wallMs - 3_600_000), { stored: 5_000, wallMs })

  expect(time.fromStored(5_000)).toBe(0)
  expect(time.fromStored(4_000)).toBe(-1_000)
})

it('gives nothing that has happened a time to come', () => {
  const time = new StoredTime(fakeClock(wallMs), { stored: 5_000, wallMs })

  expect(time.fromStored(9_000)).toBe(0)
  expect(time.aheadFromStored(9_000)).toBe(4_000)
})

it('takes stored times for times of the wall clock when nothing else is known', () => {
  expect(new StoredTime(fakeClock(wallMs)).fromStored(wallMs - 7_000)).toBe(-7_000)
})

it('asks for a reading at first, every second, and when somebody has set the wall clock', async () => {
  const clock = fakeClock(wallMs)
  const time = new StoredTime(clock)
  const note = (): boolean => {
    const reading = time.reading()
    if (reading !== undefined) time.noted(reading)
    return reading !== undefined
  }

  expect([note(), note()]).toEqual([true, false])
  await clock.advance(999)
  expect(note()).toBe(false)
  await clock.advance(1)
  expect(note()).toBe(true)
  clock.setWall(clock.now() - 3_600_000)
  expect([note(), note()]).toEqual([true, false])
})
