import { type AppendedRecord, type Span, type StorageOwner, Traces } from '@spanloom/core'
import {
  createComponent,
  fakeClock,
  type FakeClock,
  MemoryStorage,
  testHost,
  testTelemetry,
  type TestTelemetry,
  TracesSink,
} from '@spanloom/core/testing'
import { expect, it } from 'vitest'

import { type SpanAssembly, spanAssemblyProcessor } from '../src/processor.ts'
import { ended, id, noted, part, second, signal, started } from './machine.ts'

interface Damaged {
  readonly clock: FakeClock
  readonly processor: SpanAssembly
  readonly telemetry: TestTelemetry
  readonly next: TracesSink
  readonly send: (...spans: readonly Span[]) => Promise<void>
  /** What the disk does to each record that is read; `undefined` loses it. */
  spoil: (record: AppendedRecord) => AppendedRecord | undefined
}

/** A processor on a disk that loses records while it runs. */
async function onDamagedDisk(): Promise<Damaged> {
  const clock = fakeClock(1_767_225_600_000)
  const disk = new MemoryStorage(clock)
  const telemetry = testTelemetry()
  const next = new TracesSink()
  const processor = createComponent(spanAssemblyProcessor, { storage: 'disk' }, { next, clock, telemetry })
  const damaged: Damaged = {
    clock,
    processor,
    telemetry,
    next,
    send: (...spans) => processor.consumeTraces(Traces.of(spans), { signal }),
    spoil: (record) => record,
  }
  const storage = {
    async open(who: StorageOwner) {
      const file = await disk.open(who)
      const { fragments } = file
      return {
        ...file,
        fragments: {
          write: fragments.write.bind(fragments),
          scan: fragments.scan.bind(fragments),
          read: async (sequences: readonly number[]) =>
            (await fragments.read(sequences)).flatMap((record) => damaged.spoil(record) ?? []),
        },
      }
    },
  }
  const extension = { storage, start: () => Promise.resolve(), shutdown: () => Promise.resolve() }
  await processor.start(testHost({ disk: extension }))
  return damaged
}

/** Loses what was sent of this span. */
const lose =
  (number: number) =>
  (record: AppendedRecord): AppendedRecord | undefined =>
    Buffer.from(record.bytes).includes(Buffer.from(id(number), 'hex')) ? undefined : record

it('lets everything else leave when fragments are lost, and counts them', async () => {
  const run = await onDamagedDisk()
  await run.send(started(1), ended(1), started(2), ended(2), started(3), ended(3))
  run.spoil = lose(2)

  await run.clock.advance(2_100)

  expect(run.next.spans.map(({ spanId }) => spanId).toSorted()).toEqual([id(1), id(3)])
  expect(run.processor.held).toBe(0)
  expect(run.processor.counters.dropped.unreadable).toBe(2)
  expect(run.telemetry.dropped.get('unreadable')).toBe(2)
  expect(run.telemetry.logger.lines).toMatchObject([{ level: 'error', fields: { fragments: 2 } }])
})

it('makes of the rest of a span what it can', async () => {
  const run = await onDamagedDisk()
  await run.send(started(1), noted(1), ended(1))
  let reads = 0
  run.spoil = (record) => (++reads === 2 ? { ...record, bytes: record.bytes.subarray(0, 20) } : record)

  await run.clock.advance(2_100)

  const [span] = run.next.spans
  expect(span?.attribute('spanloom.fragments')).toBe(2)
  expect([span?.startTimeUnixNano, span?.endTimeUnixNano]).toEqual([10n * second, 20n * second])
  expect(run.processor.held).toBe(0)
})

it('goes on taking fragments of a key that cannot be read', async () => {
  const run = await onDamagedDisk()
  await run.send(started(1), ended(1))
  await run.clock.advance(2_100)
  run.spoil = lose(1)
  // A key that has left is looked at whenever something comes.
  await run.send(noted(1))
  await run.clock.advance(100)

  await run.send(started(2), ended(2), noted(1))
  await run.clock.advance(2_100)

  expect(run.next.spans.map(({ spanId }) => spanId)).toContain(id(2))
  expect(run.processor.held).toBe(0)
})

it('lets go of a closing end that is lost', async () => {
  const run = await onDamagedDisk()
  const closing = { 'spanloom.key': 'connection', 'spanloom.close': true }
  run.spoil = (record) => (Buffer.from(record.bytes).includes('spanloom.close') ? undefined : record)
  await run.send(part(1, { startTime: second, attributes: { 'spanloom.group': 'connection' } }))
  await run.send(part(9, { endTime: 20n * second, attributes: closing }))

  await run.clock.advance(40_000)

  expect(run.next.spans.map(({ spanId }) => spanId)).toEqual([id(1)])
  expect(run.processor.held).toBe(0)
})
