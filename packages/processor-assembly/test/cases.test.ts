import { readFileSync } from 'node:fs'

import { type AssemblyProfile, parseConfig } from '@spanloom/core'
import { fromPlain, type PlainSpan, seededRandom } from '@spanloom/core/testing'
import type { Span } from '@spanloom/core/traces'
import { describe, expect, it } from 'vitest'

import { profileOverrides, spanAssemblySchema } from '../src/config.ts'
import type { FragmentStore } from '../src/store/store.ts'
import { bench, type Bench, isBalanced, offer, plainCounters, plainSet } from './assembly.ts'
import { durableBench } from './durable-bench.ts'
import { SlowStore } from './slow-store.ts'

interface Case {
  readonly name: string
  readonly profiles?: Readonly<Record<string, unknown>>
  readonly in_order_only?: boolean
  readonly steps: readonly {
    readonly at?: string
    readonly add?: readonly PlainSpan[]
    readonly flush?: boolean
  }[]
  readonly expect: {
    readonly emitted: readonly (readonly PlainSpan[])[]
    readonly counters: Readonly<Record<string, number>>
    readonly held: number
  }
}

const cases: readonly Case[] = JSON.parse(
  readFileSync(new URL('fixtures/cases.json', import.meta.url), 'utf8'),
)

function profilesOf({ profiles = {} }: Case): ReadonlyMap<string, AssemblyProfile> {
  return profileOverrides(parseConfig(spanAssemblySchema, { profiles }).profiles)
}

function start(one: Case, store?: FragmentStore): Bench {
  return bench({ profiles: profilesOf(one), ...(store === undefined ? {} : { store }) })
}

/** Milliseconds of a duration with one unit. */
function durationMs(text: string): number {
  const [, amount, unit] = /^(\d+)(ms|s|h)$/.exec(text) ?? []
  return Number(amount) * (unit === 'ms' ? 1 : unit === 's' ? 1_000 : 3_600_000)
}

describe.each(cases)('$name', (one) => {
  it.each([
    ['at once', undefined],
    ['later', new SlowStore()],
  ])(
    'gives the spans, counters and fragments held of the fixture with a store that answers %s',
    async (_, store) => {
      const run = start(one, store)
      for (const [index, step] of one.steps.entries()) {
        const passed: Span[] = []
        if (step.at !== undefined) await run.advance(durationMs(step.at) - run.clock.monotonic())
        for (const plain of step.add ?? []) passed.push(...(await offer(run, fromPlain(plain))))
        if (step.flush === true) await run.drain('all')
        expect(plainSet([...passed, ...run.take()])).toEqual(
          plainSet((one.expect.emitted[index] ?? []).map(fromPlain)),
        )
        expect(isBalanced(run.assembler)).toBe(true)
      }
      expect(plainCounters(run.assembler)).toEqual(one.expect.counters)
      expect(run.assembler.held).toBe(one.expect.held)
    },
  )
})

describe.each(cases)('$name, on disk', (one) => {
  it.each([
    ['counters', false],
    ['fragments held with a restart after every step', true],
  ])('gives the spans of the fixture, and its %s', async (_, restarts) => {
    const run = await durableBench({ profiles: profilesOf(one) })
    for (const [index, step] of one.steps.entries()) {
      const passed: Span[] = []
      if (step.at !== undefined) await run.advance(durationMs(step.at) - run.clock.monotonic())
      for (const plain of step.add ?? []) passed.push(...(await offer(run, fromPlain(plain))))
      if (step.flush === true) await run.drain('all')
      expect(plainSet([...passed, ...run.take()])).toEqual(
        plainSet((one.expect.emitted[index] ?? []).map(fromPlain)),
      )
      expect(isBalanced(run.assembler)).toBe(true)
      if (!restarts) continue
      await run.flush()
      await run.restart()
    }
    // Counters begin anew with each process.
    expect(restarts ? one.expect.counters : plainCounters(run.assembler)).toEqual(one.expect.counters)
    expect(run.assembler.held).toBe(one.expect.held)
  })
})

const twoSteps = cases.filter(
  ({ steps, in_order_only: inOrderOnly }) =>
    steps.length === 2 && steps[1]?.flush === true && steps[0]?.at === undefined && inOrderOnly !== true,
)

describe.each(twoSteps)('$name, in other orders', (one) => {
  const fragments = (one.steps[0]?.add ?? []).map(fromPlain)
  const expected = plainSet(one.expect.emitted.flat().map(fromPlain))

  it.each([...ordersOf(fragments.length)])('gives the same spans in order %j', async (...order) => {
    const run = start(one)
    for (const index of order.flat()) await run.add(...fragments.slice(index, index + 1))
    await run.drain('all')
    expect(plainSet(run.take())).toEqual(expected)
    expect(isBalanced(run.assembler)).toBe(true)
  })

  it.each([...ordersOf(fragments.length)])(
    'gives the same spans when all come twice, in order %j',
    async (...order) => {
      const run = start(one)
      for (const index of order.flat()) await run.add(...fragments.slice(index, index + 1))
      for (const index of order.flat()) await run.add(...fragments.slice(index, index + 1))
      await run.drain('all')
      expect(plainSet(run.take())).toEqual(expected)
      expect(run.assembler.counters.dropped.duplicate).toBe(fragments.length)
      expect(isBalanced(run.assembler)).toBe(true)
    },
  )
})

/** All orders of a few things, some of many; each in a list of its own, as `it.each` wants them. */
function ordersOf(count: number): readonly (readonly [readonly number[]])[] {
  const indexes = Array.from({ length: count }, (_, index) => index)
  if (count <= 4) return permutations(indexes).map((order) => [order])
  const random = seededRandom(count)
  return Array.from({ length: 40 }, () => [
    indexes
      .map((index) => ({ index, key: random() }))
      .toSorted((a, b) => a.key - b.key)
      .map(({ index }) => index),
  ])
}

function permutations(things: readonly number[]): readonly (readonly number[])[] {
  if (things.length < 2) return [things]
  return things.flatMap((first) =>
    permutations(things.filter((other) => other !== first)).map((rest) => [first].concat(rest)),
  )
}
