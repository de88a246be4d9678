import { seededRandom } from '@spanloom/core/testing'
import { Traces } from '@spanloom/core/traces'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { consumer, linkedTo, machine, producer } from './events.ts'

const holdMs = 5_000
const ttlMs = 60_000

/** Shuffles in place. */
function shuffle<Item>(items: Item[], random: () => number): Item[] {
  for (let index = items.length - 1; index > 0; index--) {
    const other = Math.floor(random() * (index + 1))
    const [a, b] = [items[index], items[other]]
    if (a !== undefined && b !== undefined) [items[index], items[other]] = [b, a]
  }
  return items
}

/** Whether a consumer that comes at one time is linked to a producer that comes at another. */
function meets(producerMs: number | undefined, consumerMs: number): boolean {
  if (producerMs === undefined) return false
  return producerMs <= consumerMs ? consumerMs - producerMs < ttlMs : producerMs - consumerMs < holdMs
}

describe('correlation', () => {
  it('links exactly those whose producer was seen within the window', async () => {
    const arrivals = fc.record({
      // In steps of 500 ms; times beyond hold and ttl are common.
      producer: fc.option(fc.integer({ min: 0, max: 200 }), { nil: undefined }),
      consumer: fc.integer({ min: 0, max: 200 }),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(arrivals, { minLength: 1, maxLength: 30 }), async (events) => {
        const { take, stop, next, clock } = machine({ hold: `${holdMs}ms`, ttl: `${ttlMs}ms` })
        const spans = events.flatMap(({ producer: p, consumer: c }, number) => [
          ...(p === undefined ? [] : [{ atMs: p * 500, order: 0, span: producer(number) }]),
          { atMs: c * 500, order: 1, span: consumer(number) },
        ])
        for (const { atMs, span } of spans.toSorted((a, b) => a.atMs - b.atMs || a.order - b.order)) {
          await clock.advance(atMs - clock.monotonic())
          await take(span)
        }
        await stop()

        expect(next.spanCount).toBe(spans.length)
        const links = new Map(next.spans.map((one) => [one.spanId, linkedTo(one)]))
        for (const [number, { producer: p, consumer: c }] of events.entries()) {
          const expected = meets(p === undefined ? undefined : p * 500, c * 500)
            ? [producer(number).traceId]
            : []
          expect(links.get(consumer(number).spanId)).toEqual(expected)
        }
      }),
      { numRuns: 40 },
    )
  })

  it('of 100,000 events in any order, with every twentieth producer lost, in bounded memory', async () => {
    const events = 100_000
    const random = seededRandom(7)
    const { processor, next, clock, telemetry } = machine({
      max_store_entries: 200_000,
      max_held_spans: 200_000,
    })
    const isLost = (number: number): boolean => number % 20 === 0
    const numbers = Array.from({ length: events }, (_, number) => number)
    // Each side arrives somewhere within 2 s of the event, which is less than spans are held.
    const arrivals = shuffle(
      numbers.flatMap((number) => [number, ...(isLost(number) ? [] : [-number - 1])]),
      random,
    )
    const slots = Map.groupBy(arrivals, (arrival) => {
      const number = arrival < 0 ? -arrival - 1 : arrival
      return Math.floor(number / 1_000) * 100 + Math.floor(random() * 20) * 100
    })
    let linked = 0
    let unlinked = 0
    let wrong = 0
    let mostHeld = 0
    const drain = (): void => {
      for (const batch of next.batches.splice(0)) {
        batch.forEach((one) => {
          if (one.kind !== 'CONSUMER') return
          const number = Number.parseInt(one.spanId.slice(1), 16)
          const [link, ...others] = linkedTo(one)
          if (link === undefined) unlinked++
          else if (link === (number + 1).toString(16).padStart(32, '0') && others.length === 0) linked++
          else wrong++
        })
      }
    }
    const before = process.memoryUsage().heapUsed
    const { signal } = new AbortController()
    for (const [atMs, slot] of [...slots].toSorted(([a], [b]) => a - b)) {
      await clock.advance(atMs - clock.monotonic())
      const spans = slot.map((one) => (one < 0 ? producer(-one - 1) : consumer(one)))
      await processor.consumeTraces(Traces.of(spans), { signal })
      mostHeld = Math.max(mostHeld, telemetry.heldNow())
      drain()
    }
    const grown = process.memoryUsage().heapUsed - before
    await clock.advance(6_000)
    drain()

    expect({ linked, unlinked, wrong }).toEqual({ linked: events * 0.95, unlinked: events / 20, wrong: 0 })
    expect(telemetry.counters()).toEqual({
      'links_added.store': events * 0.95,
      'released_unlinked.timeout': events / 20,
    })
    // What waits is bounded by time: the events of 7 s, of which 1,000 come every 100 ms.
    expect(mostHeld).toBeLessThan(30_000)
    expect(grown).toBeLessThan(250 * 1024 * 1024)
    expect(telemetry.heldNow()).toBe(0)
  }, 60_000)

  it('forgets and lets go rather than to grow', async () => {
    const { take, telemetry, next } = machine({ max_store_entries: 100, max_held_spans: 50 })
    const numbers = Array.from({ length: 1_000 }, (_, number) => number)
    await take(...numbers.map((number) => producer(number)))
    await take(...numbers.map((number) => consumer(number)))

    expect(telemetry.heldNow()).toBe(50)
    expect(telemetry.counters()).toEqual({
      store_evicted: 900,
      'links_added.store': 100,
      'released_unlinked.capacity': 850,
    })
    expect(next.spanCount).toBe(1_950)
  })
})
