import { expect, it } from 'vitest'

import { fakeClock, settle } from '../testing/fake-clock.ts'
import { Renewable } from './renewable.ts'

async function renewable(intervalMs: number) {
  const clock = fakeClock()
  const state = { material: 'a', fail: false, loads: 0 }
  const disposed: string[] = []
  const errors: unknown[] = []
  const value = await Renewable.create({
    intervalMs,
    clock,
    load: () => {
      state.loads++
      return state.fail ? Promise.reject(new Error('unreadable')) : Promise.resolve(state.material)
    },
    same: (before, now) => before === now,
    make: (material) => `made of ${material}`,
    dispose: (replaced) => disposed.push(replaced),
    onError: (error) => errors.push(error),
  })
  return { clock, state, disposed, errors, value }
}

it('makes something new once the material has changed, at most once per interval', async () => {
  const { clock, state, disposed, value } = await renewable(1_000)
  state.material = 'b'
  await clock.advance(999)
  expect(value.current()).toBe('made of a')
  await settle()
  expect(value.current()).toBe('made of a')

  await clock.advance(1)
  value.current()
  await settle()
  expect(value.current()).toBe('made of b')
  expect(disposed).toEqual(['made of a'])
  expect(state.loads).toBe(2)
})

it('keeps what it has when the material is the same or cannot be read', async () => {
  const { clock, state, disposed, errors, value } = await renewable(1_000)
  await clock.advance(1_000)
  value.current()
  await settle()
  state.fail = true
  await clock.advance(1_000)
  value.current()
  await settle()

  expect(value.current()).toBe('made of a')
  expect(disposed).toEqual([])
  expect(errors).toHaveLength(1)
})

it('reads once without an interval', async () => {
  const { clock, state, value } = await renewable(0)
  await clock.advance(1_000_000)
  value.current()
  await settle()

  expect(state.loads).toBe(1)
})
