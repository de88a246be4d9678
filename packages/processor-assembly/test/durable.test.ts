import { PermanentError, RetryableError, Traces } from '@spanloom/core'
import { fakeClock, MemoryStorage, sampleTraces, settle, testProcessorContract } from '@spanloom/core/testing'
import { describe, expect, it } from 'vitest'

import { spanAssemblyProcessor } from '../src/processor.ts'
import { durations, ended, hourMs, id, machine, noted, started } from './machine.ts'

const halves = sampleTraces(12).map((traces) =>
  Traces.of([...traces.spans()].flatMap((one) => [one.with({ endTime: 0n }), one.with({ startTime: 0n })])),
)

describe('the contract of processors, with storage', () => {
  let disk = new MemoryStorage(fakeClock())
  testProcessorContract(spanAssemblyProcessor, {
    config: { storage: 'disk' },
    input: halves,
    holds: true,
    runMs: 300_000,
    prepare: () => void (disk = new MemoryStorage(fakeClock())),
    extensions: {
      disk: {
        storage: { open: (who) => disk.open(who) },
        start: () => Promise.resolve(),
        shutdown: () => Promise.resolve(),
      },
    },
  })
})

describe('a fragment that was acknowledged', () => {
  it('is on disk before its sender is answered', async () => {
    const { disk, boot } = machine()
    const { send } = await boot()
    disk.block()
    let answered = false
    const sent = send(started(1)).then(() => (answered = true))

    await settle()
    expect(answered).toBe(false)
    disk.release()
    await sent

    expect(answered).toBe(true)
  })

  it('survives the death of the process, and so does its age', async () => {
    const { clock, disk, boot } = machine({ profiles: { default: { idle_timeout: '1h' } } })
    const first = await boot()
    await first.send(started(1), started(2))
    await clock.advance(hourMs / 2)
    disk.crash()
    await clock.advance(1_000)

    const second = await boot()
    expect(second.processor.held).toBe(2)
    await second.send(ended(1))
    await clock.advance(hourMs / 2 - 1_001)
    expect(durations(second)).toEqual([[id(1), 10_000_000_000n]])
    await clock.advance(1)

    expect(second.next.spans.at(-1)?.attribute('spanloom.incomplete')).toBe('missing_end')
    expect(first.next.spanCount).toBe(0)
  })

  it('is recognised when its sender sends it again after a restart', async () => {
    const { clock, disk, boot } = machine()
    await (await boot()).send(started(1), noted(2))
    disk.crash()

    const life = await boot()
    await life.send(started(1), ended(1), noted(2))
    await clock.advance(2_000)
    await life.send(started(1), ended(1))

    expect(life.processor.counters.dropped.duplicate).toBe(4)
    expect(durations(life)).toEqual([[id(1), 10_000_000_000n]])
  })

  it('is told by the books of the next process', async () => {
    const { clock, disk, boot } = machine()
    await (await boot()).send(started(1), started(2))
    disk.crash()

    const life = await boot()
    await life.send(ended(1))
    await clock.advance(2_000)

    expect(life.telemetry.counts).toMatchObject({ created: 2, merged: 1 })
    expect(life.telemetry.heldNow()).toBe(1)
    expect(life.processor.counters).toMatchObject({ in: 1, restored: 2, merged: 2 })
    expect(life.telemetry.logger.lines).toMatchObject([
      { level: 'info', fields: { open: 2, fragments: 2, remembered: 0, waiting: 0 } },
    ])
  })
})

describe('a span that has left', () => {
  it('is remembered across a restart, so that late fragments are told apart', async () => {
    const { clock, disk, boot } = machine()
    const first = await boot()
    await first.send(started(1), ended(1))
    await clock.advance(2_100)
    disk.crash()

    const life = await boot()
    await life.send(noted(1))

    expect(life.next.spans).toMatchObject([{ name: 'pay' }])
    expect(life.next.spans[0]?.attribute('spanloom.late')).toBe(true)
    expect(life.next.spans[0]?.links[0]?.spanId).toBe(id(1))
  })

  it('is forgotten when it would have been without the restart', async () => {
    const { clock, disk, boot } = machine({ profiles: { default: { tombstone_ttl: '1h' } } })
    const first = await boot()
    await first.send(started(1), ended(1))
    await clock.advance(2_000 + hourMs / 2)
    disk.crash()

    const life = await boot()
    await clock.advance(hourMs / 2 - 1)
    await life.send(ended(1))
    expect(life.processor.counters.dropped.duplicate).toBe(1)
    await clock.advance(1)
    await life.send(ended(1))

    expect(life.processor.held).toBe(1)
    await clock.advance(100)
    disk.crash()
    expect((await boot()).processor.held).toBe(1)
  })

  it('leaves again with the same bytes when the process dies before the next stage took it', async () => {
    const { clock, disk, boot } = machine()
    const first = await boot()
    first.next.block()
    await first.send(started(1), ended(1))
    await clock.advance(2_000)
    expect(first.next.calls).toBe(1)
    disk.crash()
    first.next.release()
    await first.next.waitForSpans(1)

    const life = await boot()
    await clock.advance(0)

    expect(life.next.spans.map((one) => one.bytes)).toEqual(first.next.spans.map((one) => one.bytes))
  })

  it('stays on disk as long as the next stage refuses it, and late fragments are late all the same', async () => {
    const { clock, disk, boot } = machine()
    const first = await boot()
    first.next.refuseWith(new RetryableError('QUEUE_FULL', 'No room.'))
    await first.send(started(1), ended(1))
    await clock.advance(2_100)
    await first.send(noted(1))
    await clock.advance(2_100)
    disk.crash()

    const life = await boot()
    await clock.advance(60_000)

    expect(life.next.spans.map((one) => [one.spanId, one.attribute('spanloom.late')])).toEqual([
      [id(1), undefined],
      [expect.any(String), true],
    ])
    expect(life.telemetry.counts.created).toBe(2)
    disk.crash()
    const last = await boot()
    await clock.advance(60_000)
    expect(last.next.spanCount).toBe(0)
  })

  it('is written with what it came from when its key gets more before it was taken', async () => {
    const { clock, disk, boot } = machine()
    const first = await boot()
    first.next.block()
    await first.send(started(1), ended(1))
    await clock.advance(2_000)
    void first.send(noted(1))
    await clock.advance(10)
    disk.crash()

    const life = await boot()
    await clock.advance(60_000)

    expect(life.next.spans.map((one) => one.attribute('spanloom.late'))).toEqual([undefined, true])
    expect(life.next.spans[0]?.events).toEqual([])
  })

  it('is not taken back by a refusal for good', async () => {
    const { clock, disk, boot } = machine()
    const first = await boot()
    first.next.refuseWith(new PermanentError('DATA_REFUSED', 'Never.'))
    await first.send(started(1), ended(1))
    await clock.advance(2_100)
    disk.crash()

    const life = await boot()
    await clock.advance(60_000)

    expect(life.next.calls).toBe(0)
  })
})

it('lets one write serve everyone who waits', async () => {
  const { disk, boot } = machine()
  const life = await boot()
  const before = disk.commits

  await Promise.all(Array.from({ length: 200 }, (_, index) => life.send(started(index + 1))))

  expect(life.processor.held).toBe(200)
  expect(disk.commits - before).toBeLessThan(6)
})
