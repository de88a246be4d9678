import { readFileSync } from 'node:fs'

import type { AssemblyProfile } from '@spanloom/core'
import { fromPlain, type PlainSpan } from '@spanloom/core/testing'
import { describe, expect, it } from 'vitest'

import { bench, isBalanced, plainSet } from './assembly.ts'

/** Fragments of a real source and what they have to come to; plain data, as any receiver could send it. */
const fragments: Record<string, readonly PlainSpan[]> = read('flow-fragments.json')
const expected: Record<string, { spans?: readonly PlainSpan[]; duplicates?: number }> =
  read('flow-expected.json')

const flow: AssemblyProfile = {
  end: 'last',
  onRestart: 'ignore',
  orphanUpdate: 'keep',
  late: 'span',
  defaultName: 'invictus step',
  settleMs: 2_000,
  startWaitMs: 30_000,
  idleTimeoutMs: 86_400_000,
  clockSkewMs: 5_000,
}

function read(name: string): never {
  // Each caller says what the file holds.
  return JSON.parse(readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8')) as never
}

describe.each(Object.keys(fragments))('%s', (name) => {
  const spans = (fragments[name] ?? []).map(fromPlain)
  const wanted = plainSet((expected[name]?.spans ?? []).map(fromPlain))

  it('gives the spans of the fixture', async () => {
    const run = bench({ profiles: new Map([['invictus', flow]]) })
    await run.add(...spans)
    await run.drain('all')

    expect(plainSet(run.take())).toEqual(wanted)
    expect(run.assembler.counters.dropped.duplicate).toBe(expected[name]?.duplicates)
    expect(isBalanced(run.assembler)).toBe(true)
  })
})

// In that one the message that comes first gives the link.
const unordered = Object.keys(fragments).filter((name) => !name.startsWith('11-'))

describe.each(unordered)('%s, in another order', (name) => {
  const spans = (fragments[name] ?? []).map(fromPlain)

  it('gives the same spans when everything comes twice, last things first', async () => {
    const run = bench({ profiles: new Map([['invictus', flow]]) })
    for (const span of [...spans.toReversed(), ...spans]) await run.add(span)
    await run.drain('all')

    expect(plainSet(run.take())).toEqual(plainSet((expected[name]?.spans ?? []).map(fromPlain)))
  })
})
