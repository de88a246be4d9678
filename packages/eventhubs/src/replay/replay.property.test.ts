import { span, type Span, Traces } from '@spanloom/core'
import { fakeClock } from '@spanloom/core/testing'
import fc from 'fast-check'
import { expect, it } from 'vitest'

import type { ReceivedEvent } from '../event.ts'
import { ReplayFilter } from './replay-filter.ts'
import { SafeTrail } from './safe-trail.ts'

const length = 1_000

const eventAt = (sequenceNumber: number, enqueuedTime: number): ReceivedEvent => ({
  body: new Uint8Array(),
  partitionId: '0',
  sequenceNumber,
  offset: String(sequenceNumber),
  enqueuedTime,
  properties: {},
})

const spanOf = (trace: number, number: number): Span =>
  span({
    traceId: (trace + 1).toString(16).padStart(32, '0'),
    spanId: (number + 1).toString(16).padStart(16, '0'),
    name: `${number}`,
  })

/** An event of a trace, and how long after the one before it was handled. */
interface Happening {
  readonly trace: number
  readonly enqueuedTime: number
  readonly waitMs: number
}

/** Traces of at most one length each, in the order of a partition, read at any speed. */
const happenings: fc.Arbitrary<readonly Happening[]> = fc
  .array(
    fc.record({
      begin: fc.integer({ min: 0, max: 12_000 }),
      steps: fc.array(fc.integer({ min: 0, max: length - 1 }), { minLength: 1, maxLength: 4 }),
    }),
    { minLength: 1, maxLength: 40 },
  )
  .chain((traces) => {
    const all = traces
      .flatMap(({ begin, steps }, trace) => steps.map((step) => ({ trace, enqueuedTime: begin + step })))
      .toSorted((a, b) => a.enqueuedTime - b.enqueuedTime)
    return fc
      .array(fc.integer({ min: 0, max: 400 }), { minLength: all.length, maxLength: all.length })
      .map((waits) => all.map((one, index) => ({ ...one, waitMs: waits[index] ?? 0 })))
  })

it('reads every open trace again, whole, and no part of one whose spans have left', () => {
  fc.assert(
    fc.property(happenings, fc.nat(), fc.integer({ min: 1, max: 7 }), (all, crash, size) => {
      let now = 0
      const clock = { ...fakeClock(), monotonic: () => now }
      const trail = new SafeTrail(length, clock)
      const handled: number[] = []
      const crashAt = crash % (all.length + 1)
      let checkpoint = -1
      for (let at = 0; at < crashAt; at += size) {
        const numbers = [...all.keys()].slice(at, Math.min(at + size, crashAt))
        const events = numbers.map((number) => eventAt(number, all[number]?.enqueuedTime ?? 0))
        now += all[at]?.waitMs ?? 0
        for (const number of numbers) handled[number] = now
        const [first = eventAt(0, 0), last = first] = [events[0], events.at(-1)]
        checkpoint = trail.passed(first, last)?.sequenceNumber ?? checkpoint
      }

      const again = replayed(all, checkpoint, size)

      const numbers = Map.groupBy(all.keys(), (number) => all[number]?.trace ?? -1)
      for (const [trace, own] of numbers) {
        const seen = again.filter((number) => all[number]?.trace === trace)
        // Its spans had left when nothing more came and the last event was handled one length ago.
        const last = own.at(-1) ?? 0
        const hadLeft = last < crashAt && now - (handled[last] ?? 0) >= length
        const isLeftOut = hadLeft && seen.length === 0
        expect(isLeftOut ? own : seen.toSorted((a, b) => a - b)).toEqual(own)
      }
    }),
    { numRuns: 500 },
  )
})

/** What a reader that begins behind the checkpoint hands on, as numbers of events. */
function replayed(all: readonly Happening[], checkpoint: number, size: number): readonly number[] {
  const filter = new ReplayFilter(length)
  const { signal } = new AbortController()
  const handedOn: number[] = []
  for (let at = checkpoint + 1; at < all.length; at += size) {
    const numbers = [...all.keys()].slice(at, at + size)
    const events = numbers.map((number) => eventAt(number, all[number]?.enqueuedTime ?? 0))
    const spans = numbers.map((number) => Traces.of([spanOf(all[number]?.trace ?? 0, number)]))
    const batch = { partitionId: '0', events, signal, resumed: checkpoint >= 0 }
    // A refused batch is planned again and gives the same.
    const first = filter.plan(batch, spans)
    const second = filter.plan(batch, spans)
    expect(namesOf(second.parts)).toEqual(namesOf(first.parts))
    second.commit()
    handedOn.push(...namesOf(second.parts).map(Number))
  }
  return handedOn
}

const namesOf = (parts: readonly Traces[]): readonly string[] =>
  parts.flatMap((part) => [...part.spans()].map(({ name }) => name))

it('goes on at the checkpoint where no length is set, and begins anew with another reader', () => {
  const batch = {
    partitionId: '0',
    events: [eventAt(5, 0)],
    signal: new AbortController().signal,
    resumed: true,
  }
  const spans = [Traces.of([spanOf(1, 5)])]
  expect(new ReplayFilter(0).plan(batch, spans).parts).toBe(spans)

  const filter = new ReplayFilter(length)
  filter
    .plan({ ...batch, events: [eventAt(5, 0), eventAt(6, 2 * length)] }, [Traces.empty, Traces.empty])
    .commit()
  expect(filter.plan(batch, spans).parts).toBe(spans)
  const other = { ...batch, signal: new AbortController().signal }
  expect(namesOf(filter.plan(other, spans).parts)).toEqual([])
})

it('moves no checkpoint while a backlog is read faster than a trace takes', () => {
  const clock = fakeClock()
  const trail = new SafeTrail(length, clock)
  for (let number = 0; number < 5_000; number++) {
    const event = eventAt(number, number)
    expect(trail.passed(event, event)).toBeUndefined()
  }
})
