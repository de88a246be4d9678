import { expect, it } from 'vitest'

import { fakeClock } from '../testing/fake-clock.ts'
import { span, Traces } from '../traces/index.ts'
import { Tap } from './tap.ts'

const batch = (count: number, text = ''): Traces =>
  Traces.of(
    Array.from({ length: count }, (_, index) =>
      span({
        traceId: 'a'.repeat(32),
        spanId: `${index + 1}`.padStart(16, '0'),
        name: 's',
        attributes: { text },
      }),
    ),
  )
const open = (): Tap => new Tap(() => undefined)

it('gives what passed in its order, the very same batches', () => {
  const tap = open()
  const [first, second] = [batch(1), batch(2)]
  tap.see(first)
  tap.see(second)

  expect([tap.take(), tap.take(), tap.take()]).toEqual([
    { traces: first, missed: 0 },
    { traces: second, missed: 0 },
    undefined,
  ])
})

it('keeps a bounded number of batches and counts the spans of others', () => {
  const tap = open()
  for (let index = 0; index < 1_000; index++) tap.see(batch(2))

  const taken = []
  for (let passed = tap.take(); passed !== undefined; passed = tap.take()) taken.push(passed)
  const shown = taken.reduce((sum, { traces }) => sum + (traces?.spanCount ?? 0), 0)
  const missed = taken.reduce((sum, each) => sum + each.missed, 0)
  expect([shown, missed]).toEqual([512, 1_488])
})

it('keeps a bounded number of bytes, but always one batch', () => {
  const tap = open()
  const large = batch(1, 'x'.repeat(5_000_000))
  tap.see(large)
  tap.see(batch(1))

  expect(tap.take()?.traces).toBe(large)
  expect(tap.take()).toEqual({ traces: undefined, missed: 1 })
})

it('says before which batch something was missed', () => {
  const tap = open()
  tap.see(batch(1, 'x'.repeat(5_000_000)))
  tap.see(batch(3))
  tap.take()
  const later = batch(1)
  tap.see(later)

  expect(tap.take()).toEqual({ traces: later, missed: 3 })
})

it('copies a small batch out of a large block of memory', () => {
  const small = batch(1)
  const block = Buffer.alloc(1_000_000)
  small.toProtobuf().copy(block)
  const tap = open()
  tap.see(Traces.trusted(block.subarray(0, small.byteLength)))

  const kept = tap.take()?.traces
  expect(kept?.toProtobuf()).toEqual(small.toProtobuf())
  expect(kept?.toProtobuf().buffer.byteLength).toBeLessThan(100_000)
})

it('takes nothing after its end, and what waits can still be taken', () => {
  const ended: Tap[] = []
  const tap = new Tap((each) => ended.push(each))
  tap.see(batch(1))
  tap.close('gone')
  tap.close('limit')
  tap.see(batch(1))

  expect(tap.end).toBe('gone')
  expect(ended).toEqual([tap])
  expect(tap.take()?.traces?.spanCount).toBe(1)
  expect(tap.take()).toBeUndefined()
})

it('wakes who waits: when something passes, when it ends, and when patience ends', async () => {
  const clock = fakeClock()
  const tap = open()
  const first = tap.ready(clock, 1_000)
  tap.see(batch(1))
  await first
  tap.take()
  const second = tap.ready(clock, 1_000)
  await clock.advance(1_000)
  await second
  const third = tap.ready(clock, 1_000)
  tap.close('time')
  await third
  expect(tap.take()).toBeUndefined()
})
