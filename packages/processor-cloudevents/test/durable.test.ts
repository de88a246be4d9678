import { RetryableError } from '@spanloom/core'
import { fakeClock, type FakeClock, MemoryStorage, testHost } from '@spanloom/core/testing'
import { expect, it } from 'vitest'

import { consumer, linkedTo, type Machine, machine, producer } from './events.ts'

async function started(disk: MemoryStorage, clock: FakeClock, settings: object = {}): Promise<Machine> {
  const made = machine({ storage: 'disk', ...settings }, clock)
  await made.processor.start(testHost({ disk: disk.extension() }))
  await clock.advance(0)
  return made
}

it('knows after kill -9 what waited and who made which event', async () => {
  const clock = fakeClock(1_768_471_200_000)
  const disk = new MemoryStorage(clock)
  const first = await started(disk, clock)
  await first.take(consumer(1), producer(2))
  disk.crash()

  const second = await started(disk, clock)
  expect(second.telemetry.counts.created).toBe(1)
  expect(second.telemetry.heldNow()).toBe(1)
  await second.take(producer(1), consumer(2))
  const links = new Map(second.next.spans.map((one) => [one.spanId, linkedTo(one)]))
  for (const number of [1, 2]) {
    expect(links.get(consumer(number).spanId)).toEqual([producer(number).traceId])
  }
})

it('keeps what waits at a stop, and lets it go on time after the next start', async () => {
  const clock = fakeClock(1_768_471_200_000)
  const disk = new MemoryStorage(clock)
  const first = await started(disk, clock)
  await first.take(consumer(1))
  await clock.advance(2_000)
  await first.stop()
  expect(first.next.spanCount).toBe(0)
  expect(first.telemetry.counts.kept).toBe(1)

  const second = await started(disk, clock)
  await clock.advance(2_999)
  expect(second.next.spanCount).toBe(0)
  await clock.advance(1)
  expect(second.next.spans.map(linkedTo)).toEqual([[]])
  expect(second.telemetry.counters()).toEqual({ 'released_unlinked.timeout': 1 })
  await second.stop()

  const third = await started(disk, clock)
  expect(third.telemetry.heldNow()).toBe(0)
})

it('leaves nothing on disk of a batch that the next stage refused', async () => {
  const clock = fakeClock(1_768_471_200_000)
  const disk = new MemoryStorage(clock)
  const first = await started(disk, clock)
  first.next.refuseWith(new RetryableError('QUEUE_FULL', 'The queue is full.'))
  await expect(first.take(consumer(1), producer(2))).rejects.toThrow('The queue is full.')
  await clock.advance(0)
  disk.crash()

  const second = await started(disk, clock)
  expect(second.telemetry.heldNow()).toBe(0)
})

it('takes nothing that it cannot write', async () => {
  const clock = fakeClock(1_768_471_200_000)
  const disk = new MemoryStorage(clock)
  const { take, next, telemetry } = await started(disk, clock)
  disk.refuse()
  await expect(take(consumer(1), producer(2))).rejects.toThrow('The storage has no room.')
  expect(next.spanCount).toBe(0)
  disk.mend()
  await take(consumer(1), producer(2))
  expect([next.spanCount, telemetry.heldNow()]).toEqual([1, 1])
})
