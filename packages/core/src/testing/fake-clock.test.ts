import { expect, it } from 'vitest'

import { sleep } from '../clock/clock.ts'
import { fakeClock } from './fake-clock.ts'

it('fires due timers in order, each at its own time', async () => {
  const clock = fakeClock(1_000)
  const fired: string[] = []
  clock.schedule(20, () => fired.push(`b at ${clock.now()}`))
  clock.schedule(10, () => fired.push(`a at ${clock.now()}`))
  clock.schedule(30, () => fired.push('never'))

  await clock.advance(25)

  expect(fired).toEqual(['a at 1010', 'b at 1020'])
  expect(clock.pending).toBe(1)
})

it('lets a sleeper go on before later timers fire', async () => {
  const clock = fakeClock()
  const order: string[] = []
  void sleep(clock, 10).then(() => order.push('slept'))
  clock.schedule(11, () => order.push('timer'))

  await clock.advance(20)

  expect(order).toEqual(['slept', 'timer'])
})

it('keeps timers on processing time when the wall clock is set', async () => {
  const clock = fakeClock(5_000)
  let fired = false
  clock.schedule(10, () => {
    fired = true
  })

  clock.setWall(1)
  await clock.advance(9)
  expect(fired).toBe(false)

  await clock.advance(1)
  expect(fired).toBe(true)
  expect(clock.now()).toBe(11)
})

it('rejects a sleep whose signal aborts', async () => {
  const clock = fakeClock()
  const abort = new AbortController()
  const sleeping = sleep(clock, 10, abort.signal)
  abort.abort(new Error('enough'))

  await expect(sleeping).rejects.toThrow('enough')
  expect(clock.pending).toBe(0)
})
