import { RetryableError, ShutdownError, StartError, type StorageOwner } from '@spanloom/core'
import { createComponent, MemoryStorage, settle, testHost, testTelemetry } from '@spanloom/core/testing'
import { describe, expect, it } from 'vitest'

import { spanAssemblyProcessor } from '../src/processor.ts'
import { durations, ended, hourMs, id, machine, noted, owner, signal, started } from './machine.ts'

describe('a disk that is full', () => {
  it('refuses fragments, keeps nothing of them, and takes them later', async () => {
    const { clock, disk, boot } = machine()
    const life = await boot()
    await life.send(started(1))
    disk.refuse()

    await expect(life.send(ended(1), started(2))).rejects.toMatchObject({
      code: 'STORAGE_FULL',
      permanent: false,
    })
    expect(life.processor.held).toBe(1)
    expect(life.processor.counters.in).toBe(1)
    disk.mend()
    await life.send(ended(1), started(2))
    await clock.advance(2_100)

    expect(durations(life)).toEqual([[id(1), 10_000_000_000n]])
    expect(life.processor.counters.dropped.duplicate).toBe(0)
    disk.crash()
    expect((await boot()).processor.held).toBe(1)
  })

  it('lets spans leave, gives their room back, and remembers them when there is room again', async () => {
    const { clock, disk, boot } = machine()
    const life = await boot()
    await life.send(started(1), ended(1), started(2))
    disk.refuse()
    await clock.advance(2_100)
    expect(life.next.spanCount).toBe(1)
    disk.mend()
    await clock.advance(5_000)
    disk.crash()

    const after = await boot()
    await after.send(noted(1))

    expect(after.next.spans.map((one) => one.attribute('spanloom.late'))).toEqual([true])
    expect(after.processor.held).toBe(1)
  })
})

it('puts spans off that it cannot read, and goes on when the disk works again', async () => {
  const { clock, disk, boot } = machine()
  const life = await boot()
  await life.send(started(1), ended(1), started(2))
  disk.fail()

  await clock.advance(2_000)
  await expect(life.send(started(3))).rejects.toMatchObject({ code: 'STORAGE_FAILED', permanent: false })
  expect(life.telemetry.logger.lines.map(({ level }) => level)).toEqual(['error'])
  disk.mend()
  await clock.advance(60_000)

  expect(durations(life)).toEqual([[id(1), 10_000_000_000n]])
  expect(life.processor.held).toBe(1)
})

describe('a shutdown', () => {
  it('emits nothing and keeps everything', async () => {
    const { clock, boot } = machine()
    const first = await boot()
    await first.send(started(1), ended(1), started(2))

    await first.processor.shutdown(signal)
    await first.processor.shutdown(signal)

    expect(first.next.calls).toBe(0)
    expect(clock.pending).toBe(0)
    expect(first.telemetry.counts.kept).toBe(3)
    expect(first.telemetry.heldNow()).toBe(0)
    await expect(first.send(started(3))).rejects.toThrow(ShutdownError)
    const life = await boot()
    await clock.advance(2_000)
    expect(durations(life)).toEqual([[id(1), 10_000_000_000n]])
    expect(life.processor.held).toBe(1)
  })

  it('keeps spans that the next stage has not taken', async () => {
    const { clock, boot } = machine()
    const first = await boot()
    first.next.block()
    await first.send(started(1), ended(1))
    await clock.advance(2_000)
    const deadline = new AbortController()

    const stopped = first.processor.shutdown(deadline.signal)
    deadline.abort()
    await stopped

    expect(first.telemetry.counts.kept).toBe(1)
    first.next.release()
    await settle()
    const life = await boot()
    await clock.advance(0)
    expect(durations(life)).toEqual([[id(1), 10_000_000_000n]])
  })

  it('is bounded by its signal when the disk does not answer', async () => {
    const { disk, boot } = machine()
    const life = await boot()
    disk.block()
    const sent = life.send(started(1)).catch(() => undefined)
    const deadline = new AbortController()

    const stopped = life.processor.shutdown(deadline.signal)
    deadline.abort()

    await expect(stopped).resolves.toBeUndefined()
    disk.release()
    await sent
  })
})

describe('time', () => {
  const config = { profiles: { default: { idle_timeout: '2h' } } }

  it('goes on as if nothing had happened when the wall clock is set while the process runs', async () => {
    for (const jump of [-hourMs, hourMs, -100 * 24 * hourMs, 100 * 24 * hourMs]) {
      const { clock, disk, boot } = machine(config)
      const first = await boot()
      await first.send(started(1))
      await clock.advance(hourMs / 2)
      clock.setWall(clock.now() + jump)
      await first.send(started(2))
      disk.crash()

      const life = await boot()
      await clock.advance(hourMs * 1.5 - 1)
      expect(life.next.spanCount).toBe(0)
      await clock.advance(1)
      expect(life.next.spans.map(({ spanId }) => spanId)).toEqual([id(1)])
      await clock.advance(hourMs / 2)
      expect(life.next.spanCount).toBe(2)
    }
  })

  it('stands still, and does not run backwards, over a restart in which the wall clock was set back', async () => {
    const { clock, disk, boot } = machine(config)
    await (await boot()).send(started(1))
    await clock.advance(hourMs / 2)
    disk.crash()
    clock.setWall(clock.now() - 10 * hourMs)

    const life = await boot()
    await clock.advance(2 * hourMs - 1)
    expect(life.next.spanCount).toBe(0)
    await clock.advance(1)

    expect(life.next.spanCount).toBe(1)
  })
})

it('does not start without its storage', async () => {
  const { boot } = machine({ storage: 'other' })

  await expect(boot()).rejects.toMatchObject({
    code: 'STORAGE_MISSING',
    hint: expect.stringContaining('service::extensions'),
  })
})

it('goes on with what it can read, and leaves alone what it cannot', async () => {
  const { disk, boot } = machine()
  await (await boot()).send(started(1))
  disk.crash()
  const file = await disk.open(owner)
  await file.fragments.write({
    append: [
      { key: 'x', sequence: 100, bytes: Uint8Array.of(99, 1, 2) },
      { key: 'y', sequence: 101, bytes: Uint8Array.of(1, 2) },
      { key: 'z', sequence: 102, bytes: new Uint8Array(0) },
      // Spans that wait for the next stage, and are none.
      { key: '', sequence: 103, bytes: Uint8Array.of(5, 0x0a, 0x7f, 1, 2) },
    ],
  })
  await file.close()

  const life = await boot()

  expect(life.processor.held).toBe(1)
  expect(life.telemetry.logger.lines[0]).toMatchObject({ level: 'warn', fields: { records: 4 } })
  disk.crash()
  const again = await disk.open(owner)
  expect(await again.fragments.read([100, 101, 102, 103])).toHaveLength(4)
})

it('tells why it cannot start when the disk cannot be read', async () => {
  const { clock } = machine()
  const broken = new MemoryStorage(clock)
  const telemetry = testTelemetry()
  const processor = createComponent(spanAssemblyProcessor, { storage: 'disk' }, { telemetry, clock })
  const storage = {
    async open(who: StorageOwner) {
      const file = await broken.open(who)
      return {
        ...file,
        fragments: {
          ...file.fragments,
          scan: () => {
            throw new RetryableError('STORAGE_FAILED', 'The storage does not work.')
          },
        },
      }
    },
  }
  const extension = { storage, start: () => Promise.resolve(), shutdown: () => Promise.resolve() }

  await expect(processor.start(testHost({ disk: extension }))).rejects.toThrow(StartError)
  await processor.shutdown(signal)
})
