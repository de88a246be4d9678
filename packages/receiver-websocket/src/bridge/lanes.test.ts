import fc from 'fast-check'
import { expect, it } from 'vitest'

import { Lanes } from './lanes.ts'

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

it('runs everything that it takes once, in order of each key, and never too much at once', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.option(fc.constantFrom('a', 'b'), { nil: undefined }), { maxLength: 30 }),
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 0, max: 10 }),
      async (keys, maxInFlight, maxQueue) => {
        const lanes = new Lanes({ maxInFlight, maxQueue })
        const begun: number[] = []
        const open: { readonly key: string | undefined; readonly end: () => void }[] = []
        const taken = keys.map((key, index) =>
          lanes.add(() => {
            begun.push(index)
            const { promise, resolve } = Promise.withResolvers<void>()
            open.push({ key, end: resolve })
            return promise
          }, key),
        )
        while (open.length > 0) {
          expect(lanes.running).toBeLessThanOrEqual(maxInFlight)
          const running = open.flatMap(({ key }) => key ?? [])
          expect(new Set(running).size).toBe(running.length)
          open.shift()?.end()
          await settle()
        }
        const expected = keys.flatMap((key, index) => (taken[index] === true ? [{ key, index }] : []))
        expect(begun.toSorted((one, other) => one - other)).toEqual(expected.map(({ index }) => index))
        for (const key of ['a', 'b'])
          expect(begun.filter((index) => keys[index] === key)).toEqual(
            expected.flatMap((each) => (each.key === key ? [each.index] : [])),
          )
        expect(lanes.waiting + lanes.running).toBe(0)
      },
    ),
    { numRuns: 100 },
  )
})

it('takes no more than its queue holds, and lets go of what waits when it drains', async () => {
  const lanes = new Lanes({ maxInFlight: 1, maxQueue: 1 })
  const first = Promise.withResolvers<void>()
  const begun: number[] = []
  const run = (index: number, until: Promise<void>) => (): Promise<void> => {
    begun.push(index)
    return until
  }
  expect([0, 1, 2].map((index) => lanes.add(run(index, first.promise)))).toEqual([true, true, false])
  const drained = lanes.drain()
  first.resolve()
  await drained
  expect(begun).toEqual([0])
})
