import type { AssemblyProfile } from '@spanloom/core'
import { fakeClock, type FakeClock, silentLogger, testTelemetry, toPlain } from '@spanloom/core/testing'
import type { Span } from '@spanloom/core/traces'

import { Assembler } from '../src/assembler.ts'
import { Fragment } from '../src/fragment/fragment.ts'
import { Profiles } from '../src/profile.ts'
import { MemoryStore } from '../src/store/memory-store.ts'
import type { FragmentStore } from '../src/store/store.ts'

export type Plain = ReturnType<typeof toPlain>

/** An assembler on its own, with a clock that a test moves. */
export interface Bench {
  readonly assembler: Assembler
  readonly clock: FakeClock
  /** Spans that have left since the last call. */
  take(): readonly Span[]
  add(...spans: readonly Span[]): Promise<void>
  /** Moves the clock; what is due leaves at its own time. */
  advance(ms: number): Promise<void>
  drain(occasion: 'all' | 'shutdown'): Promise<void>
}

export interface BenchOptions {
  readonly profiles?: ReadonlyMap<string, AssemblyProfile>
  readonly maxOpen?: number
  readonly maxTombstones?: number
  readonly store?: FragmentStore
  readonly clock?: FakeClock
}

export function bench(options: BenchOptions = {}): Bench {
  const { profiles = new Map(), maxOpen = 1e6, maxTombstones = 1e6, store = new MemoryStore() } = options
  const clock = options.clock ?? fakeClock()
  const { accounting } = testTelemetry()
  let left: Span[] = []
  const assembler = new Assembler({
    profiles: new Profiles(profiles),
    store,
    clock,
    logger: silentLogger,
    accounting,
    maxOpen,
    maxTombstones,
    output: (span) => void left.push(span),
  })
  return {
    assembler,
    clock,
    take() {
      const spans = left
      left = []
      return spans
    },
    async add(...spans) {
      await assembler.add(spans.map(scanned), () => false)
    },
    async advance(ms) {
      const until = clock.monotonic() + ms
      while (assembler.nextDue <= until) {
        await clock.advance(Math.max(0, assembler.nextDue - clock.monotonic()))
        await assembler.settleDue(() => false)
      }
      await clock.advance(until - clock.monotonic())
    },
    async drain(occasion) {
      for (const step of assembler.drain(occasion)) await step
    },
  }
}

/** A fragment of a span, as the processor makes it. */
export function scanned(span: Span): Fragment {
  const fragment = new Fragment()
  fragment.scan(span.buffer, span.start, span.end)
  fragment.resource = span.resource
  fragment.scope = span.scope
  return fragment
}

/** What happens to whole spans before the assembler sees them: those that concern nobody pass. */
export async function offer(run: Bench, span: Span): Promise<readonly Span[]> {
  const fragment = scanned(span)
  if (fragment.whole && !run.assembler.knows(fragment.key)) {
    run.assembler.passed(1)
    return [span]
  }
  await run.add(span)
  return []
}

/** In the notation of the fixtures, in an order that does not depend on when they left. */
export function plainSet(spans: readonly Span[]): readonly Plain[] {
  return spans.map(toPlain).toSorted((left, right) => (JSON.stringify(left) < JSON.stringify(right) ? -1 : 1))
}

/** Counters as the fixtures write them: those that are not 0. */
export function plainCounters({ counters }: Assembler): Record<string, number> {
  const { dropped, in: came, passed, merged, late } = counters
  const named = Object.entries(dropped).map(([reason, count]): [string, number] => [
    reason === 'duplicate' ? reason : `dropped_${reason}`,
    count,
  ])
  const all: [string, number][] = [
    ['in', came],
    ['passed', passed],
    ['merged', merged],
    ['late', late],
    ...named,
  ]
  return Object.fromEntries(all.filter(([, count]) => count !== 0))
}

/** Whether the books of the assembler are balanced. */
export function isBalanced({ counters, held }: Assembler): boolean {
  const { in: came, restored, passed, merged, late, dropped } = counters
  const out = Object.values(dropped).reduce((sum, count) => sum + count, 0)
  return came + restored === passed + merged + late + out + held
}
