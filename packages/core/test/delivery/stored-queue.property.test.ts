import fc from 'fast-check'
import { expect, it } from 'vitest'

import { Traces } from '../../src/traces/index.ts'
import { idsOf } from './some-traces.ts'
import { type Mood, type Step, StoredHistory } from './stored-history.ts'

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('send' as const),
      spans: fc.integer({ min: 1, max: 5 }),
      requests: fc.integer({ min: 1, max: 40 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('mood' as const),
      mood: fc.constantFrom<Mood>('takes', 'slow', 'down', 'busy', 'refuses', 'hangs', 'mixed'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('disk' as const), full: fc.boolean() }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 40_000 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('moment' as const), turns: fc.integer({ min: 1, max: 6 }) }),
  },
  { weight: 2, arbitrary: fc.constant({ do: 'crash' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'restart' as const }) },
)

const settings = fc.record({
  num_consumers: fc.integer({ min: 1, max: 4 }),
  queue_size: fc.integer({ min: 5, max: 200 }),
  block_on_overflow: fc.boolean(),
  batch: fc.option(fc.constant({ min_size: 7, max_size: 11 }), { nil: undefined }),
})

it('EXP-40 to EXP-46: loses nothing acknowledged, sends nothing twice but what was on its way at a crash', async () => {
  await fc.assert(
    fc.asyncProperty(settings, fc.array(step, { minLength: 5, maxLength: 30 }), async (queue, steps) => {
      const history = new StoredHistory(queue)
      await history.start()
      for (const each of steps) await history.take(each)
      await history.finish()

      const { file, sender } = history.rig
      expect(file.pending).toHaveLength(0)
      const dead = idsOf(
        file.deadLetters.map(({ id }) => Traces.fromProtobuf(file.body(id) ?? new Uint8Array())),
      )
      const arrived = new Map<string, number>()
      for (const id of [...sender.deliveredIds, ...dead]) arrived.set(id, (arrived.get(id) ?? 0) + 1)
      expect([...history.acknowledged].filter((id) => !arrived.has(id))).toEqual([])
      const repeated = [...arrived].filter(([id, count]) => count > 1 && !history.ambiguous.has(id))
      expect(repeated).toEqual([])
    }),
    { numRuns: 60 },
  )
}, 60_000)
