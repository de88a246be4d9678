import { setImmediate } from 'node:timers/promises'

import type { Clock } from '../clock/clock.ts'
import type { Traces } from '../traces/traces.ts'
import { Allowance } from './allowance.ts'
import { type SpanFilter, spanFilter } from './span-filter.ts'
import type { Tap } from './tap.ts'

/** What who watches is told. */
export type TapEvent =
  | { readonly kind: 'traces'; readonly traces: Traces }
  /**
   * Spans that are not shown: `slow`, because too much was waiting for who watches (not looked at, so that the filter
   * may not have wanted them); `rate`, because more of them passed than are shown in a second.
   */
  | { readonly kind: 'missed'; readonly spans: number; readonly why: 'slow' | 'rate' }
  /** Nothing has passed for a while. */
  | { readonly kind: 'quiet' }

/** How a tap is watched. */
export interface WatchOptions {
  readonly clock: Clock
  readonly filter?: SpanFilter
  /** The tap ends after so many spans. Default: never. */
  readonly limit?: number
  /** The tap ends after so many milliseconds. Default: never. */
  readonly forMs?: number
  /** Spans that are shown in a second at most. Default: all. */
  readonly spansPerSecond?: number
}

const spansAtOnce = 200
/** How often it is told that spans are missed. */
const tellMs = 1_000
const quietMs = 10_000

/** What passes, as far as it is wanted, in small batches. Ends with the tap, and ends it when nobody asks any more. */
export async function* watchTap(tap: Tap, options: WatchOptions): AsyncGenerator<TapEvent, void, undefined> {
  const { clock, filter = {}, limit = Infinity, forMs, spansPerSecond = Infinity } = options
  const keep = spanFilter(filter)
  const allowance = new Allowance(spansPerSecond, clock)
  const missed = { slow: 0, rate: 0 }
  const timer = forMs === undefined ? undefined : clock.schedule(forMs, () => tap.close('time'))
  let left = limit
  let toldAt = clock.monotonic()
  try {
    while (left > 0) {
      const waits = missed.slow + missed.rate > 0
      if (waits && clock.monotonic() - toldAt >= tellMs) {
        toldAt = clock.monotonic()
        yield* told(missed)
      }
      const passed = tap.take()
      if (passed === undefined) {
        if (tap.end !== undefined) break
        const since = clock.monotonic()
        await tap.ready(clock, waits ? tellMs : quietMs)
        if (!waits && clock.monotonic() - since >= quietMs) yield { kind: 'quiet' }
        continue
      }
      missed.slow += passed.missed
      for (const part of passed.traces?.split(spansAtOnce, 'items') ?? []) {
        const wanted = part.filter(keep)
        const most = Math.min(wanted.spanCount, left)
        const shown = allowance.take(most)
        missed.rate += most - shown
        left -= shown
        if (shown > 0) yield { kind: 'traces', traces: firstOf(wanted, shown) }
        // However much waits, everything else has its turn in between.
        await setImmediate()
      }
    }
    if (left <= 0) tap.close('limit')
    yield* told(missed)
  } finally {
    timer?.cancel()
    tap.close('left')
  }
}

function* told(missed: { slow: number; rate: number }): Generator<TapEvent> {
  for (const why of ['slow', 'rate'] as const) {
    const spans = missed[why]
    missed[why] = 0
    if (spans > 0) yield { kind: 'missed', spans, why }
  }
}

function firstOf(traces: Traces, count: number): Traces {
  if (traces.spanCount <= count) return traces
  let seen = 0
  return traces.filter(() => seen++ < count)
}
