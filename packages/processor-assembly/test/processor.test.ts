import {
  type AssemblyProfile,
  PermanentError,
  RetryableError,
  ShutdownError,
  span,
  type SpanInit,
  Traces,
} from '@spanloom/core'
import {
  createComponent,
  fakeClock,
  sampleTraces,
  testProcessorContract,
  testTelemetry,
  TracesSink,
} from '@spanloom/core/testing'
import { describe, expect, it } from 'vitest'

import { spanAssemblyProcessor } from '../src/processor.ts'

const { signal } = new AbortController()
const second = 1_000_000_000n
const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'

const id = (number: number): string => number.toString(16).padStart(16, '0')
const part = (number: number, rest: Partial<SpanInit>) =>
  span({ traceId, spanId: id(number), name: 'pay', ...rest })
const started = (number: number) => part(number, { startTime: 10n * second })
const ended = (number: number) => part(number, { endTime: 20n * second })
const whole = (number: number) => part(number, { startTime: 10n * second, endTime: 20n * second })

function create(config: object = {}, profiles: ReadonlyMap<string, AssemblyProfile> = new Map()) {
  const next = new TracesSink()
  const clock = fakeClock()
  const telemetry = testTelemetry()
  const processor = createComponent(spanAssemblyProcessor, config, { next, clock, telemetry, profiles })
  return { next, clock, telemetry, processor }
}

const halves = sampleTraces(12).map((traces) => {
  const spans = [...traces.spans()]
  return Traces.of(spans.flatMap((one) => [one.with({ endTime: 0n }), one.with({ startTime: 0n })]))
})

describe('the contract of processors, with fragments', () => {
  testProcessorContract(spanAssemblyProcessor, { config: {}, input: halves, holds: true, runMs: 2_000 })
})

describe('the contract of processors, with whole spans', () => {
  testProcessorContract(spanAssemblyProcessor, { config: {} })
})

it('hands on a batch of whole spans as the very same object', async () => {
  const { next, processor } = create()
  const batch = Traces.of([whole(1), whole(2)])

  await processor.consumeTraces(batch, { signal })

  expect(next.batches).toEqual([batch])
  expect(next.batches[0]).toBe(batch)
  expect(processor.counters).toMatchObject({ in: 2, passed: 2 })
})

it('takes a whole span whose key is named in the same batch', async () => {
  const { next, clock, processor } = create()

  await processor.consumeTraces(Traces.of([started(1), whole(1), whole(2)]), { signal })
  expect(next.spans.map(({ spanId }) => spanId)).toEqual([id(2)])
  await clock.advance(2_000)

  expect(next.spans.map(({ spanId }) => spanId)).toEqual([id(2), id(1)])
})

it('answers once fragments are held, and emits what is due together', async () => {
  const { next, clock, telemetry, processor } = create()

  await processor.consumeTraces(Traces.of([started(1), started(2), ended(1), ended(2)]), { signal })
  expect(telemetry.heldNow()).toBe(4)
  await clock.advance(2_000)

  expect(next.batches.map(({ spanCount }) => spanCount)).toEqual([2])
  expect(telemetry.heldNow()).toBe(0)
  expect(telemetry.counts.merged).toBe(2)
})

it('passes a refusal of whole spans back and holds nothing of that batch', async () => {
  const { next, processor } = create()
  next.refuseWith(new RetryableError('QUEUE_FULL', 'No room.'))

  const outcome = processor.consumeTraces(Traces.of([started(1), whole(2)]), { signal })

  await expect(outcome).rejects.toThrow('No room.')
  expect(processor.held).toBe(0)
  expect(processor.counters.in).toBe(0)
})

it('keeps emitted spans that the next stage refuses for now until it takes them', async () => {
  const { next, clock, telemetry, processor } = create()
  await processor.consumeTraces(Traces.of([started(1), ended(1)]), { signal })
  next.refuseWith(new RetryableError('QUEUE_FULL', 'No room.', { retryAfterMs: 5_000 }))

  await clock.advance(6_999)
  expect(next.calls).toBe(1)
  expect(telemetry.heldNow()).toBe(1)
  next.refuseWith(undefined)
  await clock.advance(1)

  expect(next.spanCount).toBe(1)
  expect(telemetry.heldNow()).toBe(0)
  expect(telemetry.logger.lines.map(({ level }) => level)).toEqual(['warn', 'info'])
})

it('drops and counts emitted spans that the next stage refuses for good', async () => {
  const { next, clock, telemetry, processor } = create()
  next.refuseWith(new PermanentError('DATA_REFUSED', 'Never.'))

  await processor.consumeTraces(Traces.of([started(1), ended(1)]), { signal })
  await clock.advance(2_000)

  expect(telemetry.dropped.get('refused')).toBe(1)
  expect(telemetry.heldNow()).toBe(0)
})

it('refuses fragments while too many spans cannot leave, and goes on afterwards', async () => {
  const { next, clock, processor } = create()
  next.refuseWith(new RetryableError('QUEUE_FULL', 'No room.'))
  for (let block = 0; block < 11; block++) {
    const numbers = Array.from({ length: 1_000 }, (_, index) => 1 + block * 1_000 + index)
    await processor.consumeTraces(Traces.of(numbers.flatMap((number) => [started(number), ended(number)])), {
      signal,
    })
  }
  await clock.advance(2_000)

  const refused = processor.consumeTraces(Traces.of([started(99_999)]), { signal })
  await expect(refused).rejects.toMatchObject({ code: 'OUTPUT_BLOCKED', permanent: false })
  next.refuseWith(undefined)
  await clock.advance(60_000)

  expect(next.spanCount).toBe(11_000)
  await processor.consumeTraces(Traces.of([started(99_999)]), { signal })
  expect(processor.held).toBe(1)
})

it('hands a late span on before it answers', async () => {
  const { next, clock, processor } = create()
  await processor.consumeTraces(Traces.of([started(1), ended(1)]), { signal })
  await clock.advance(2_000)

  const update = part(1, { events: [{ time: 15n * second, name: 'note' }] })
  await processor.consumeTraces(Traces.of([update]), { signal })

  expect(next.spans.at(-1)?.attribute('spanloom.late')).toBe(true)
})

it('emits ended and open runs at shutdown, and refuses what comes later', async () => {
  const { next, clock, processor } = create({ profiles: { quiet: { on_shutdown: 'drop' } } })
  const quiet = part(3, { startTime: second, attributes: { 'spanloom.profile': 'quiet' } })
  await processor.consumeTraces(Traces.of([started(1), ended(1), started(2), quiet]), { signal })

  await processor.shutdown(signal)

  expect(next.spans.map((one) => one.attribute('spanloom.incomplete'))).toEqual([undefined, 'missing_end'])
  expect(processor.counters.dropped.shutdown).toBe(1)
  expect(clock.pending).toBe(0)
  await expect(processor.consumeTraces(Traces.of([started(4)]), { signal })).rejects.toThrow(ShutdownError)
})

it('counts what it could not hand on when the time for its shutdown is over', async () => {
  const { next, telemetry, processor } = create()
  await processor.consumeTraces(Traces.of([started(1), ended(1)]), { signal })
  next.block()
  const deadline = new AbortController()

  const stopped = processor.shutdown(deadline.signal)
  deadline.abort()
  await stopped

  expect(telemetry.dropped.get('shutdown')).toBe(1)
  expect(telemetry.heldNow()).toBe(0)
  next.release()
})

it('lets the time for its shutdown run out however much it holds', async () => {
  const { next, telemetry, processor } = create()
  const held = 20_000
  for (let from = 1; from <= held; from += 1_000) {
    const some = Array.from({ length: 1_000 }, (_, index) => started(from + index))
    await processor.consumeTraces(Traces.of(some), { signal })
  }
  const deadline = new AbortController()

  setImmediate(() => deadline.abort())
  await processor.shutdown(deadline.signal)

  expect(telemetry.dropped.get('shutdown')).toBeGreaterThan(held / 2)
  expect((telemetry.dropped.get('shutdown') ?? 0) + next.spanCount).toBe(held)
  expect(telemetry.heldNow()).toBe(0)
})

it('counts a profile that nobody knows and uses the default', async () => {
  const { next, clock, processor } = create()
  const strange = part(1, {
    name: '',
    startTime: second,
    endTime: 2n * second,
    attributes: { 'spanloom.profile': 'strange' },
  })

  await processor.consumeTraces(Traces.of([strange]), { signal })
  await clock.advance(2_000)

  expect(processor.counters.unknownProfiles).toBe(1)
  expect(next.spans[0]?.name).toBe('unknown')
})

it('lets settings win over the profile of the source', async () => {
  const registered = new Map([['source', { defaultName: 'step', settleMs: 9_000 }]])
  const { next, clock, processor } = create({ profiles: { source: { settle: '5s' } } }, registered)
  const one = part(1, {
    name: '',
    startTime: second,
    endTime: 2n * second,
    attributes: { 'spanloom.profile': 'source' },
  })

  await processor.consumeTraces(Traces.of([one]), { signal })
  await clock.advance(4_999)
  expect(next.spanCount).toBe(0)
  await clock.advance(1)

  expect(next.spans[0]?.name).toBe('step')
})

it('gives the last touch to the profile, and stands its failure', async () => {
  const touched = new Map<string, AssemblyProfile>([
    ['fine', { finish: (one, fragments) => one.with({ name: `${one.name} of ${fragments.length}` }) }],
    [
      'broken',
      {
        finish: () => {
          throw new Error('A fault of the source.')
        },
      },
    ],
  ])
  const { next, clock, telemetry, processor } = create({}, touched)
  const named = (number: number, profile: string) =>
    part(number, { startTime: second, endTime: 2n * second, attributes: { 'spanloom.profile': profile } })

  await processor.consumeTraces(Traces.of([named(1, 'fine'), named(2, 'broken')]), { signal })
  await clock.advance(2_000)

  expect(next.spans.map(({ name }) => name)).toEqual(['pay of 1', 'pay'])
  expect(telemetry.logger.lines.map(({ level }) => level)).toEqual(['error'])
})
