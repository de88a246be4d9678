import { fakeClock } from '@spanloom/core/testing'
import { expect, it } from 'vitest'

import { Maintenance } from './maintenance.ts'

it('looks once a second while the file is used, once more when it is idle, and then rests', async () => {
  const clock = fakeClock()
  const looks: [number, boolean][] = []
  const maintenance = new Maintenance(clock, (idle) => {
    looks.push([clock.monotonic(), idle])
    return false
  })

  await clock.advance(500)
  maintenance.active()
  await clock.advance(1_000)
  maintenance.active()
  await clock.advance(10_000)

  expect(looks).toEqual([
    [1_000, false],
    [2_000, false],
    [3_000, true],
  ])
  expect(clock.pending).toBe(0)
})

it('goes on in small steps as long as there is more to do', async () => {
  const clock = fakeClock()
  let left = 5
  const maintenance = new Maintenance(clock, (idle) => idle && --left > 0)

  await clock.advance(2_100)

  expect(left).toBe(0)
  maintenance.active()
  maintenance.stop()
  expect(clock.pending).toBe(0)
})
