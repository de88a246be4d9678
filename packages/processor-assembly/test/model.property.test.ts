import { fromPlain, type PlainSpan, toPlain } from '@spanloom/core/testing'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'

import { MemoryStore } from '../src/store/memory-store.ts'
import { bench, isBalanced, offer, type Plain, plainCounters } from './assembly.ts'
import { completed, names, profileArbitrary, sorted, stepArbitrary } from './model/arbitraries.ts'
import { Model } from './model/model.ts'
import { SlowStore } from './slow-store.ts'

it('gives what the rules say, whatever comes in whatever order', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.tuple(profileArbitrary, profileArbitrary, profileArbitrary),
      fc.array(stepArbitrary, { minLength: 1, maxLength: 14 }),
      fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
      async (given, steps, isSlow) => {
        const profiles = new Map(names.map((name, index) => [name, given[index] ?? {}]))
        const run = bench({ profiles, store: isSlow ? new SlowStore() : new MemoryStore() })
        const model = new Model(new Map([...profiles].map(([name, profile]) => [name, completed(profile)])))
        const added: PlainSpan[] = []
        const compare = (passed: readonly Plain[]): void => {
          expect(sorted([...passed, ...run.take().map(toPlain)])).toEqual(sorted(model.take()))
          expect(plainCounters(run.assembler)).toEqual(model.counters)
          expect(run.assembler.held).toBe(model.held)
          expect(isBalanced(run.assembler)).toBe(true)
        }
        for (const step of steps) {
          let passed: readonly Plain[] = []
          if ('wait' in step) {
            await run.advance(step.wait)
            model.advance(model.now + step.wait)
          } else if ('wall' in step) {
            run.clock.setWall(step.wall)
            model.wall = step.wall
          } else {
            const plain = 'add' in step ? step.add : added[step.again % Math.max(1, added.length)]
            if (plain === undefined) continue
            added.push(plain)
            passed = (await offer(run, fromPlain(plain))).map(toPlain)
            model.add(plain)
            await run.advance(0)
          }
          compare(passed)
        }
        await run.drain('all')
        model.flush()
        compare([])
        expect(run.assembler.held).toBe(0)
      },
    ),
    { numRuns: Number(process.env['ASSEMBLY_RUNS'] ?? 300) },
  )
}, 600_000)
