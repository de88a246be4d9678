import { fromPlain, type PlainSpan, toPlain } from '@spanloom/core/testing'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'

import { isBalanced, offer, type Plain } from './assembly.ts'
import { durableBench } from './durable-bench.ts'
import {
  completed,
  names,
  profileArbitrary,
  sorted,
  stable,
  type Step,
  stepArbitrary,
} from './model/arbitraries.ts'
import { Model } from './model/model.ts'

type DurableStep = Step | { readonly restart: 'flushed' | 'at once' }

const durableStepArbitrary: fc.Arbitrary<DurableStep> = fc.oneof(
  { weight: 3, arbitrary: stepArbitrary },
  { weight: 1, arbitrary: fc.record({ restart: fc.constantFrom('flushed', 'at once') }) },
)

const numRuns = Number(process.env['ASSEMBLY_RUNS'] ?? 200)

it('gives what the rules say although the process dies again and again', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.tuple(profileArbitrary, profileArbitrary, profileArbitrary),
      fc.array(durableStepArbitrary, { minLength: 1, maxLength: 18 }),
      async (given, steps) => {
        const profiles = new Map(names.map((name, index) => [name, given[index] ?? {}]))
        const run = await durableBench({ profiles })
        const model = new Model(new Map([...profiles].map(([name, profile]) => [name, completed(profile)])))
        const added: PlainSpan[] = []
        /** Left since the last write, so that a crash may let it leave again. */
        let unsure: readonly Plain[] = []
        const compare = (passed: readonly Plain[], again: readonly Plain[] = []): void => {
          const actual = [...passed, ...run.take().map(toPlain)]
          const wanted = model.take()
          unsure = [...unsure, ...wanted]
          expect(sorted(withoutAgain(actual, wanted, again))).toEqual(sorted(wanted))
          expect(run.assembler.held).toBe(model.held)
          expect(isBalanced(run.assembler)).toBe(true)
        }
        for (const step of steps) {
          let passed: readonly Plain[] = []
          let again: readonly Plain[] = []
          if ('restart' in step) {
            if (step.restart === 'flushed') {
              await run.flush()
              unsure = []
            }
            again = unsure
            await run.restart()
            await run.advance(0)
          } else if ('wait' in step) {
            await run.advance(step.wait)
            model.advance(model.now + step.wait)
          } else if ('wall' in step) {
            run.clock.setWall(step.wall)
            model.wall = step.wall
            // A clock that is set while nothing is written looks like a time in which the process was away.
            await run.flush()
          } else {
            const plain = 'add' in step ? step.add : added[step.again % Math.max(1, added.length)]
            if (plain === undefined) continue
            added.push(plain)
            passed = (await offer(run, fromPlain(plain))).map(toPlain)
            model.add(plain)
            await run.advance(0)
          }
          compare(passed, again)
        }
        await run.drain('all')
        model.flush()
        compare([])
        expect(run.assembler.held).toBe(0)
      },
    ),
    { numRuns },
  )
}, 600_000)

/** Without the spans that left a second time. */
function withoutAgain(
  actual: readonly Plain[],
  wanted: readonly Plain[],
  again: readonly Plain[],
): readonly Plain[] {
  const allowed = again.map(stable)
  const open = wanted.map(stable)
  return actual.filter((span) => {
    const text = stable(span)
    const place = open.indexOf(text)
    if (place >= 0) {
      open.splice(place, 1)
      return true
    }
    const repeated = allowed.indexOf(text)
    if (repeated < 0) return true
    allowed.splice(repeated, 1)
    return false
  })
}
