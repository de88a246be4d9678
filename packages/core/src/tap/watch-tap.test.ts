import { expect, it } from 'vitest'

import { fakeClock } from '../testing/fake-clock.ts'
import { span, Traces } from '../traces/index.ts'
import { Tap } from './tap.ts'
import { type TapEvent, watchTap, type WatchOptions } from './watch-tap.ts'

const batch = (count: number): Traces =>
  Traces.of(
    Array.from({ length: count }, (_, index) =>
      span({
        traceId: 'a'.repeat(32),
        spanId: `${index + 1}`.padStart(16, '0'),
        name: index % 2 === 0 ? 'even' : 'odd',
      }),
    ),
  )

function watched(options: Partial<WatchOptions> = {}) {
  const clock = fakeClock()
  const tap = new Tap(() => undefined)
  return { clock, tap, events: watchTap(tap, { clock, ...options }) }
}

async function all(events: AsyncIterable<TapEvent>): Promise<readonly (number | string)[]> {
  const told = []
  for await (const event of events) {
    told.push(
      event.kind === 'traces'
        ? event.traces.spanCount
        : event.kind === 'missed'
          ? `${event.why} ${event.spans}`
          : event.kind,
    )
  }
  return told
}

it('shows what passes in small parts until the tap ends', async () => {
  const { tap, events } = watched()
  tap.see(batch(450))
  tap.close('gone')
  expect(await all(events)).toEqual([200, 200, 50])
})

it('shows only what the filter wants, and says nothing of the rest', async () => {
  const { tap, events } = watched({ filter: { name: 'odd' } })
  tap.see(batch(5))
  tap.see(batch(1))
  tap.close('gone')
  expect(await all(events)).toEqual([2])
})

it('ends after exactly as many spans as asked for', async () => {
  const { tap, events } = watched({ limit: 7 })
  tap.see(batch(5))
  tap.see(batch(5))
  expect(await all(events)).toEqual([5, 2])
  expect(tap.end).toBe('limit')
})

it('ends when its time is over', async () => {
  const { clock, tap, events } = watched({ forMs: 5_000 })
  const told = all(events)
  tap.see(batch(1))
  await clock.advance(5_000)
  expect(await told).toEqual([1])
  expect(tap.end).toBe('time')
})

it('shows no more than allowed in a second, and counts the rest', async () => {
  const { clock, tap, events } = watched({ spansPerSecond: 100 })
  tap.see(batch(150))
  const first = await events.next()
  expect(first.value).toMatchObject({ kind: 'traces', traces: { spanCount: 100 } })
  await clock.advance(1_000)
  tap.see(batch(3))
  tap.close('gone')
  expect(await all(events)).toEqual(['rate 50', 3])
})

it('says what found no room', async () => {
  const { tap, events } = watched()
  for (let index = 0; index < 300; index++) tap.see(batch(1))
  tap.close('gone')
  const told = await all(events)
  expect(told.at(-1)).toBe('slow 44')
})

it('says that nothing passes', async () => {
  const { clock, events } = watched()
  const first = events.next()
  await clock.advance(10_000)
  expect((await first).value).toEqual({ kind: 'quiet' })
})

it('closes the tap when nobody asks any more', async () => {
  const { tap, events } = watched()
  tap.see(batch(1))
  await events.next()
  await events.return()
  expect(tap.end).toBe('left')
})
