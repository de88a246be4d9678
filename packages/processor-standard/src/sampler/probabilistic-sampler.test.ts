import { Traces, span, type Span } from '@spanloom/core'
import { createComponent, testTelemetry, TracesSink } from '@spanloom/core/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { probabilisticSamplerProcessor } from './probabilistic-sampler.ts'
import { probabilityOf, readSamplingState, thresholdOf, writeThreshold } from './threshold.ts'

const context = { signal: new AbortController().signal }
const spanId = '00f067aa0ba902b7'
const withRandomness = (digits: string, traceState = ''): Span =>
  span({ traceId: `0af7651916cd43dd84${digits}`, spanId, name: 'a', traceState })

async function sample(config: object, spans: readonly Span[]): Promise<readonly Span[]> {
  const next = new TracesSink()
  const telemetry = testTelemetry()
  const processor = createComponent(probabilisticSamplerProcessor, config, { next, telemetry })
  await processor.consumeTraces(Traces.of(spans), context)
  expect(telemetry.dropped.get('not_sampled') ?? 0).toBe(spans.length - next.spanCount)
  return next.spans
}

describe('thresholds', () => {
  it.each([
    [1, '00000000000000'],
    [0.5, '80000000000000'],
    [0.25, 'c0000000000000'],
    [0.1, 'e6660000000000'],
    [0.01, 'fd70a000000000'],
  ])('keeping %f rejects below %s', (probability, threshold) => {
    expect(thresholdOf(probability, 4)).toBe(threshold)
  })

  it('says the probability that it was made of', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-9, max: 1, noNaN: true }), (probability) => {
        expect(probabilityOf(thresholdOf(probability, 14))).toBeCloseTo(probability, 12)
      }),
    )
  })

  it('writes the shortest form and keeps what others wrote', () => {
    const state = writeThreshold('vendor=1,ot=rv:0123456789abcd;th:8', 'c0000000000000')
    expect(state).toBe('ot=th:c;rv:0123456789abcd,vendor=1')
    expect(readSamplingState(state)).toEqual({ randomness: '0123456789abcd', threshold: 'c0000000000000' })
  })
})

describe('proportional', () => {
  it('keeps a trace exactly when its randomness reaches the threshold', async () => {
    const kept = await sample({ sampling_percentage: 50 }, [
      withRandomness('7fffffffffffff'),
      withRandomness('80000000000000'),
    ])
    expect(kept.map((out) => out.traceId.slice(18))).toEqual(['80000000000000'])
    expect(kept[0]?.traceState).toBe('ot=th:8')
  })

  it('reduces what an earlier sampler left', async () => {
    const kept = await sample({ sampling_percentage: 50 }, [
      withRandomness('bfffffffffffff', 'ot=th:8'),
      withRandomness('c0000000000000', 'ot=th:8'),
    ])
    expect(kept.map((out) => out.traceState)).toEqual(['ot=th:c'])
  })

  it('prefers explicit randomness', async () => {
    const kept = await sample({ sampling_percentage: 50 }, [
      withRandomness('00000000000000', 'ot=rv:ffffffffffffff'),
      withRandomness('ffffffffffffff', 'ot=rv:00000000000000'),
    ])
    expect(kept.map((out) => out.traceId.slice(18))).toEqual(['00000000000000'])
  })
})

it('equalizing leaves spans alone that were sampled more strictly', async () => {
  const strict = withRandomness('f0000000000000', 'ot=th:f')
  const [kept] = await sample({ sampling_percentage: 50, mode: 'equalizing' }, [strict])
  expect(kept?.traceState).toBe('ot=th:f')
})

it.each(['proportional', 'hash_seed'])('%s decides by trace, near the percentage', async (mode) => {
  const random = (seed: number): string =>
    (Math.imul(seed + 1, 2654435761) >>> 0).toString(16).padStart(8, '0')
  const spans = Array.from({ length: 4000 }, (_, index) =>
    span({
      traceId: `${random(index)}${random(index * 7)}${random(index * 13)}${random(index * 31)}`,
      spanId,
      name: 'a',
    }),
  )
  const config = { sampling_percentage: 25, mode, hash_seed: 22 }
  const once = await sample(config, spans)
  const again = await sample(config, spans.toReversed())

  expect(once.length / spans.length).toBeCloseTo(0.25, 1)
  expect(new Set(again.map((out) => out.traceId))).toEqual(new Set(once.map((out) => out.traceId)))
})

it('lets sampling.priority override', async () => {
  const priority = (value: number) =>
    withRandomness('00000000000000').with({ attributes: { 'sampling.priority': value } })
  expect(await sample({ sampling_percentage: 1 }, [priority(1)])).toHaveLength(1)
  expect(await sample({ sampling_percentage: 100 }, [priority(0)])).toHaveLength(0)
})

it('keeps all at 100 and none at 0', async () => {
  const spans = [withRandomness('00000000000000'), withRandomness('ffffffffffffff')]
  expect(await sample({ sampling_percentage: 100 }, spans)).toHaveLength(2)
  expect(await sample({ sampling_percentage: 0 }, spans)).toHaveLength(0)
})
