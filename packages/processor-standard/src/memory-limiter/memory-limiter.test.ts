import { ConfigError, isPermanent, retryAfterMs, Traces, span } from '@spanloom/core'
import { createComponent, fakeClock, testHost, testTelemetry, TracesSink } from '@spanloom/core/testing'
import { describe, expect, it } from 'vitest'

import { limitsOf, MemoryLimiter, type Memory, type MemoryLimiterConfig } from './memory-limiter.ts'
import { memoryLimiterProcessor } from './processor.ts'

const mib = 1024 * 1024
const config: MemoryLimiterConfig = {
  check_interval: 1000,
  limit_mib: 100,
  spike_limit_mib: 20,
  limit_percentage: 0,
  spike_limit_percentage: 0,
  min_gc_interval_when_soft_limited: 10_000,
  min_gc_interval_when_hard_limited: 0,
  max_gc_interval_when_soft_limited: 30_000,
  max_gc_interval_when_hard_limited: 4000,
}

function limiterWith(usedMib: number, freedByCollection = 0) {
  const state = { used: usedMib * mib, collections: 0 }
  const memory: Memory = {
    used: () => state.used,
    total: () => 1000 * mib,
    collect() {
      state.collections++
      state.used -= freedByCollection * mib
    },
  }
  const clock = fakeClock()
  const telemetry = testTelemetry()
  return { state, clock, telemetry, limiter: new MemoryLimiter(config, memory, clock, telemetry) }
}

describe('PRC-02 refusing', () => {
  it('refuses from the soft limit on and accepts again below it', async () => {
    const { state, clock, telemetry, limiter } = limiterWith(79)
    limiter.start()
    expect(limiter.refusing).toBe(false)

    state.used = 80 * mib
    await clock.advance(1000)
    expect(limiter.refusing).toBe(true)

    state.used = 79 * mib
    await clock.advance(1000)
    expect(limiter.refusing).toBe(false)
    expect(telemetry.statusEvents.map(({ kind }) => kind)).toEqual(['RecoverableError', 'OK'])
    expect(telemetry.logger.lines.map(({ message, fields }) => [message, fields])).toEqual([
      ['Memory usage is above soft limit. Refusing data.', { cur_mem_mib: 80 }],
      ['Memory usage back within limits. Resuming normal operation.', { cur_mem_mib: 79 }],
    ])
    limiter.stop()
    expect(clock.pending).toBe(0)
  })

  it('refuses with a retryable error and a delay', () => {
    const { limiter } = limiterWith(90)
    limiter.check()

    let refusal: unknown
    try {
      limiter.admit()
    } catch (error) {
      refusal = error
    }

    expect(isPermanent(refusal)).toBe(false)
    expect(retryAfterMs(refusal)).toBeGreaterThanOrEqual(1000)
    expect(String(refusal)).toContain('data refused due to high memory usage')
  })
})

describe('PRC-03 collections', () => {
  it('does not refuse when a collection helps', () => {
    const { state, limiter } = limiterWith(120, 60)
    limiter.check()
    expect(state.collections).toBe(1)
    expect(limiter.refusing).toBe(false)
  })

  it('backs off while collections do not help', async () => {
    const { state, clock, limiter } = limiterWith(120)
    limiter.start()
    const counts = []
    for (let second = 0; second < 12; second++) {
      counts.push(state.collections)
      await clock.advance(1000)
    }
    expect(counts).toEqual([1, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5])
    limiter.stop()
  })
})

it('PRC-01 computes the limits', () => {
  expect(limitsOf(config, 0)).toEqual({ hard: 100 * mib, soft: 80 * mib })
  expect(limitsOf({ ...config, spike_limit_mib: 0 }, 0).soft).toBe(80 * mib)
  expect(
    limitsOf({ ...config, limit_mib: 0, limit_percentage: 50, spike_limit_percentage: 10 }, 1000 * mib),
  ).toEqual({
    hard: 500 * mib,
    soft: 400 * mib,
  })
})

it.each([
  [{ limit_mib: 10 }, "'check_interval' must be greater than zero"],
  [{ check_interval: '1s' }, "'limit_mib' or 'limit_percentage' must be greater than zero"],
  [{ check_interval: '1s', limit_mib: 10, spike_limit_mib: 10 }, "'spike_limit_mib' must be smaller"],
  [
    { check_interval: '1s', limit_percentage: 50, spike_limit_percentage: 60 },
    "'spike_limit_percentage' must be",
  ],
])('refuses %j', (settings, message) => {
  expect(() => createComponent(memoryLimiterProcessor, settings)).toThrow(ConfigError)
  expect(() => createComponent(memoryLimiterProcessor, settings)).toThrow(message)
})

it('refuses data in a pipeline whose limit is below what the process uses', async () => {
  const next = new TracesSink()
  const processor = createComponent(memoryLimiterProcessor, { check_interval: '1s', limit_mib: 1 }, { next })
  await processor.start(testHost())
  const traces = Traces.of([span({ traceId: '1'.repeat(32), spanId: '2'.repeat(16), name: 'a' })])

  await expect(processor.consumeTraces(traces, { signal: new AbortController().signal })).rejects.toThrow(
    'data refused due to high memory usage',
  )
  expect(next.calls).toBe(0)
  await processor.shutdown(AbortSignal.timeout(1000))
})
