import { Span, span, type SpanInit } from '@spanloom/core/traces'
import { expect, it } from 'vitest'

import { MemoryStore } from '../src/store/memory-store.ts'
import { bench, isBalanced, scanned } from './assembly.ts'
import { SlowStore } from './slow-store.ts'

const second = 1_000_000_000n
const id = (number: number): string => (number + 1).toString(16).padStart(16, '0')
const part = (number: number, rest: Partial<SpanInit>) =>
  span({ traceId: '1'.repeat(32), spanId: id(number), name: 'pay', ...rest })
const started = (number: number, at = 10n) => part(number, { startTime: at * second })
const ended = (number: number, at = 20n) => part(number, { endTime: at * second })
const update = (number: number, at: bigint, more: Partial<SpanInit> = {}) =>
  part(number, { events: [{ time: at, name: 'note' }], ...more })

it('lets the longest idle key leave as if timed out when too many are open', async () => {
  const run = bench({ maxOpen: 2 })
  await run.add(started(1))
  await run.add(started(2))
  await run.add(update(1, 11n * second))

  await run.add(started(3))

  expect(run.take().map(({ spanId }) => spanId)).toEqual([id(2)])
  expect(run.assembler.counters.evicted).toBe(1)
  expect(run.assembler.openKeys).toBe(2)
  expect(isBalanced(run.assembler)).toBe(true)
})

it('forgets the oldest key when too many are remembered', async () => {
  const run = bench({ maxTombstones: 2 })
  for (const number of [1, 2, 3]) {
    await run.add(started(number), ended(number))
    await run.advance(2_000)
  }
  run.take()

  expect(run.assembler.rememberedKeys).toBe(2)
  expect(run.assembler.counters.forgotten).toBe(1)
  await run.add(ended(1), ended(3))
  expect(run.assembler.counters.dropped.duplicate).toBe(1)
})

it('drops updates of a run that has too many fragments, and none of its end', async () => {
  const run = bench({ profiles: new Map([['default', { maxFragments: 4 }]]) })
  await run.add(started(1), ...[1n, 2n, 3n, 4n, 5n].map((at) => update(1, 11n * second + at)), ended(1))
  await run.advance(2_000)

  expect(run.assembler.counters.dropped.max_fragments).toBe(2)
  expect(run.take().map((one) => one.attribute('spanloom.fragments'))).toEqual([5])
  expect(isBalanced(run.assembler)).toBe(true)
})

it('takes updates for another run of a key whose run is full', async () => {
  const run = bench({ profiles: new Map([['default', { maxFragments: 3 }]]) })
  await run.add(started(1), update(1, 11n * second), ended(1, 12n), started(1, 13n), update(1, 14n * second))
  await run.drain('all')

  expect(run.assembler.counters.dropped.max_fragments).toBe(0)
  expect(run.take()).toHaveLength(2)
})

it('keeps the first span events and counts the rest', async () => {
  const run = bench({ profiles: new Map([['default', { maxSpanEvents: 3 }]]) })
  const updates = [4n, 3n, 2n, 1n].map((at) => update(1, 11n * second + at, { droppedEventsCount: 5 }))
  await run.add(started(1), ...updates, ended(1))
  await run.advance(2_000)

  const [made] = run.take()
  expect(made?.events.map(({ timeUnixNano }) => timeUnixNano - 11n * second)).toEqual([1n, 2n, 3n])
  expect(made?.droppedEventsCount).toBe(6)
})

it('remembers no more than a bounded number of runs of one key, and never gives an id twice', async () => {
  const run = bench()
  const made = new Set<string>()
  for (let round = 0; round < 200; round++) {
    const at = BigInt(10 + round * 10)
    await run.add(started(1, at), ended(1, at + 5n))
    await run.advance(2_000)
    for (const { spanId } of run.take()) made.add(spanId)
  }

  expect(made.size).toBe(200)
  expect(run.assembler.storedBytes).toBeLessThan(256 * 1024)
})

it('gives all memory back that its keys have used', async () => {
  const store = new MemoryStore()
  const run = bench({ store, profiles: new Map([['default', { tombstoneTtlMs: 1_000 }]]) })
  const numbers = Array.from({ length: 2_000 }, (_, index) => index)
  await run.add(...numbers.flatMap((number) => [started(number), ended(number)]))
  expect(store.size).toBeGreaterThan(300_000)

  await run.advance(4_000)

  expect(run.take()).toHaveLength(2_000)
  expect(store.size).toBe(0)
  expect(run.assembler.nextDue).toBe(Number.POSITIVE_INFINITY)
})

it('replaces the keys that a sender made very long', async () => {
  const run = bench()
  const key = 'k'.repeat(100_000)
  await run.add(
    part(1, { startTime: second, attributes: { 'spanloom.key': key } }),
    part(2, { endTime: 2n * second, attributes: { 'spanloom.key': key } }),
  )
  await run.advance(2_000)

  expect(run.take()).toHaveLength(1)
})

it('drops what has neither key nor ids', async () => {
  const run = bench()
  const nameless = started(1).with({ name: 'lost' })
  const bytes = Buffer.from(nameless.bytes)
  // The span id becomes 0, which OTLP takes for absent.
  bytes.fill(0, bytes.indexOf(Buffer.from(id(1), 'hex')), bytes.indexOf(Buffer.from(id(1), 'hex')) + 8)

  await run.add(Span.of(bytes, nameless.resource, nameless.scope))

  expect(run.assembler.counters.dropped.invalid_key).toBe(1)
  expect(isBalanced(run.assembler)).toBe(true)
})

it('leaves fragments with their sender when a store cannot store them, and goes on', async () => {
  const store = new SlowStore()
  const run = bench({ store })
  store.failures = 1

  await expect(run.add(started(1), started(2))).rejects.toThrow('The disk is full.')
  expect(run.assembler.held).toBe(1)
  expect(run.assembler.openKeys).toBe(1)
  await run.add(started(1), ended(1), started(2))
  await run.advance(2_000)

  expect(run.take().map(({ spanId }) => spanId)).toEqual([id(1)])
  expect(run.assembler.counters.dropped.duplicate).toBe(1)
  expect(isBalanced(run.assembler)).toBe(true)
})

it('does not forget a key for which something is being stored', async () => {
  const run = bench({ store: new SlowStore(), maxTombstones: 1 })
  const closing = { 'spanloom.key': 'connection', 'spanloom.close': true }
  await run.add(started(1), ended(1))
  await run.advance(2_000)
  await run.add(part(2, { startTime: 10n * second, attributes: { 'spanloom.key': 'connection' } }))
  await run.add(part(9, { endTime: 20n * second, attributes: closing }))
  await run.clock.advance(2_000)
  run.take()

  // Another key is due meanwhile, and one remembered key too many would be there.
  const last = update(2, 15n * second, { attributes: { 'spanloom.key': 'connection' } })
  await run.assembler.add([update(1, 15n * second), last, started(3)].map(scanned), () => true)
  await run.add(ended(3))
  await run.advance(40_000)

  const late = run.take().filter((one) => one.attribute('spanloom.late') === true)
  expect(late.map(({ name, events }) => [name, events.length])).toContainEqual(['pay', 1])
  expect(run.assembler.held).toBe(0)
  expect(isBalanced(run.assembler)).toBe(true)
})

it('lets a key that is due leave before it takes what comes then', async () => {
  for (const store of [new MemoryStore(), new SlowStore()]) {
    const run = bench({ store })
    await run.add(started(1), ended(1))
    await run.clock.advance(2_000)

    // There is too much to do for one turn.
    await run.assembler.add([scanned(update(1, 15n * second))], () => true)
    await run.advance(0)

    expect(run.take().map((one) => one.attribute('spanloom.late') ?? false)).toEqual([false, true])
    expect(isBalanced(run.assembler)).toBe(true)
  }
})

it('is not moved by a clock that is set', async () => {
  const run = bench()
  run.clock.setWall(4e12)
  await run.add(started(1), ended(1))
  run.clock.setWall(0)

  await run.advance(1_999)
  expect(run.take()).toEqual([])
  run.clock.setWall(4e12)
  await run.advance(1)

  expect(run.take()).toHaveLength(1)
})
