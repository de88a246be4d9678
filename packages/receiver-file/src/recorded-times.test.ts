import { span, type SpanInit, Traces } from '@spanloom/core'
import { fakeClock } from '@spanloom/core/testing'
import { expect, it } from 'vitest'

import { movedTraces, timeOf } from './recorded-times.ts'
import { Replay, type Shift } from './replay.ts'

const of = (...inits: readonly Partial<SpanInit>[]): Traces =>
  Traces.of(
    inits.map((init) => span({ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), name: 's', ...init })),
  )

it.each<[string, Traces, bigint]>([
  ['whole spans: the last end', of({ startTime: 1n, endTime: 5n }, { startTime: 2n, endTime: 4n }), 5n],
  ['a start', of({ startTime: 3n }), 3n],
  ['an end', of({ endTime: 4n }), 4n],
  ['an update: its first event', of({ events: [{ time: 7n, name: 'e' }] }), 7n],
  ['nothing that has a time', of({}), 0n],
])('knows when it happened: %s', (_, traces, time) => {
  expect(timeOf(traces)).toBe(time)
})

it('moves what has a time and leaves the rest, fragments as fragments', () => {
  const traces = of(
    { startTime: 10n, attributes: { at: 10 } },
    { endTime: 20n, events: [{ time: 15n, name: 'e' }] },
    { events: [{ time: 0n, name: 'e' }] },
  )
  const moved = [...movedTraces(traces, { shift: 100n, retrace: (id) => id }).spans()]
  expect(
    moved.map(({ startTimeUnixNano, endTimeUnixNano, events, attributes }) => [
      startTimeUnixNano,
      endTimeUnixNano,
      events.map(({ timeUnixNano }) => timeUnixNano),
      attributes,
    ]),
  ).toEqual([
    [110n, 0n, [], { at: 10 }],
    [0n, 120n, [115n], {}],
    [0n, 0n, [0n], {}],
  ])
})

it.each<[Shift, bigint]>([
  ['none', 0n],
  ['now', 5_000_000_000n],
  [{ toUnixNano: 7_000_000_000n }, 6_000_000_000n],
  [{ byNanos: -500_000_000n }, -500_000_000n],
])('moves by %o: %s', async (shift, expected) => {
  const replay = new Replay({ speed: 0, shift }, fakeClock(6_000))
  const { signal } = new AbortController()
  const undated = await replay.next(of({}), signal)
  expect([replay.shift, timeOf(undated)]).toEqual([undefined, 0n])
  const moved = await replay.next(of({ startTime: 1_000_000_000n, endTime: 1_000_000_000n }), signal)
  expect([replay.shift, timeOf(moved)]).toEqual([expected, 1_000_000_000n + expected])
})
