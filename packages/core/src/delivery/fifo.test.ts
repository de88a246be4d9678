import { array, assert, boolean, property } from 'fast-check'
import { expect, it } from 'vitest'

import { Fifo } from './fifo.ts'

it('gives back what it got in the same order, however long it is', () => {
  assert(
    property(array(boolean(), { maxLength: 300 }), (steps) => {
      const fifo = new Fifo<number>()
      const model: number[] = []
      for (const [index, push] of [...steps, ...steps, ...steps].entries()) {
        if (push) {
          fifo.push(index)
          model.push(index)
        }
        expect(fifo.peek()).toBe(model[0])
        const taken = push ? [] : [fifo.shift(), model.shift()]
        expect(taken[0]).toBe(taken[1])
        expect(fifo).toHaveLength(model.length)
      }
    }),
  )
})

it('keeps its order while it drops what was taken out of thousands', () => {
  const fifo = new Fifo<number>()
  for (let index = 0; index < 5_000; index++) fifo.push(index)
  const taken = Array.from({ length: 4_000 }, () => fifo.shift())

  expect(taken).toEqual(Array.from({ length: 4_000 }, (_, index) => index))
  expect(fifo.peek()).toBe(4_000)
  expect(fifo).toHaveLength(1_000)
})

it('takes an item out of the middle', () => {
  const fifo = new Fifo<string>()
  for (const item of ['a', 'b', 'c']) fifo.push(item)
  fifo.shift()

  expect(fifo.remove('b')).toBe(true)
  expect(fifo.remove('a')).toBe(false)
  expect(fifo.shift()).toBe('c')
  expect(fifo.shift()).toBeUndefined()
})
