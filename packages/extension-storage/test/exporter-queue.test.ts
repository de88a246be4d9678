import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { PermanentError, RetryableError } from '@spanloom/core'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'

import { batches, idsOf, QueuedExporters } from './queued-exporters.ts'

vi.setConfig({ testTimeout: 60_000 })

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'spanloom-queue-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

const down = (): never => {
  throw new RetryableError('NETWORK_ERROR', 'connection refused', { grpcStatus: 14 })
}
const hang = (): Promise<void> => new Promise(() => undefined)

describe('a sending queue in a real file', () => {
  test('EXP-40, EXP-41: delivers and empties the file', async () => {
    const rig = new QueuedExporters(directory, { sending_queue: { num_consumers: 4 } })
    const { consume, stop, told } = await rig.start()
    const all = batches(300, 2)
    await Promise.all(all.map((traces) => consume(traces)))
    await rig.arrival(all)
    await stop()
    expect(rig.counts()).toEqual({ pending: 0, dead: 0 })
    expect([told.heldNow(), told.counts.kept]).toEqual([0, 0])
  })

  test('EXP-41: sends after a restart what was not delivered, first attempts in order', async () => {
    const rig = new QueuedExporters(directory, { sending_queue: { num_consumers: 1 } })
    rig.script = hang
    const first = await rig.start()
    const all = batches(250)
    for (const traces of all) await first.consume(traces)
    await first.stop()
    expect(rig.counts()).toEqual({ pending: 250, dead: 0 })
    expect(first.told.counts.kept).toBe(250)

    rig.script = () => undefined
    const second = await rig.start()
    await rig.arrival(all)
    expect(rig.deliveredIds).toEqual(idsOf(all))
    expect(second.told.counts.created).toBe(250)
  })

  test('EXP-43: drops an entry that cannot be read, and goes on', async () => {
    const rig = new QueuedExporters(directory)
    rig.script = hang
    const first = await rig.start()
    const [one, two, three] = batches(3)
    for (const traces of [one, two, three]) if (traces) await first.consume(traces)
    await first.stop()
    rig.edit('DELETE FROM body WHERE id = 2')

    rig.script = () => undefined
    const { told } = await rig.start()
    await rig.arrival([one, three].flatMap((traces) => traces ?? []))
    await vi.waitFor(() => expect(told.dropped.get('unreadable')).toBe(1))
    expect(told.logger.lines).toContainEqual(
      expect.objectContaining({ level: 'warn', message: 'A stored request cannot be read. Dropping data.' }),
    )
    await vi.waitFor(() => expect(told.heldNow()).toBe(0))
  })

  test('EXP-43: moves a damaged file aside and starts empty', async () => {
    const rig = new QueuedExporters(directory)
    writeFileSync(rig.path, 'This was a database once. '.repeat(500))
    const { consume, telemetry } = await rig.start()
    const all = batches(1)
    for (const traces of all) await consume(traces)
    await rig.arrival(all)
    expect(telemetry.logger.lines).toContainEqual(
      expect.objectContaining({ message: 'A damaged storage file was moved aside and a new one begun.' }),
    )
  })

  test.each([true, false])(
    'EXP-44, EXP-62, vector 36: deletes nothing when it stops, retries on: %s',
    async (enabled) => {
      const rig = new QueuedExporters(directory, { retry_on_failure: { enabled, randomization_factor: 0 } })
      rig.script = down
      const first = await rig.start()
      const all = batches(30)
      for (const traces of all) await first.consume(traces)
      await vi.waitFor(() => expect(rig.attempts).toBeGreaterThanOrEqual(10))
      await first.stop()

      rig.script = () => undefined
      await rig.start()
      await vi.waitFor(async () => {
        await rig.clock.advance(1_000)
        expect(rig.delivered).toHaveLength(30)
      }, 10_000)
      await rig.arrival(all)
    },
  )

  test.each([true, false])('EXP-45, vector 37: drains more than queue_size, blocking: %s', async (block) => {
    const rig = new QueuedExporters(directory)
    rig.script = hang
    const first = await rig.start()
    const all = batches(120)
    for (const traces of all) await first.consume(traces)
    await first.stop()

    rig.script = () => undefined
    await rig.start({ queue_size: 5, num_consumers: 2, block_on_overflow: block })
    await rig.arrival(all)
    expect(rig.attempts).toBe(130)
  })

  test('EXP-46, vector 38: refuses while the file is full, and takes data again', async () => {
    const rig = new QueuedExporters(directory, {}, { max_disk: '400KiB' })
    rig.script = hang
    const { consume, told, stop } = await rig.start()
    const large = batches(60, 300)
    const answers = await Promise.allSettled(large.map((traces) => consume(traces)))
    const stored = large.filter((_, index) => answers[index]?.status === 'fulfilled')
    const refusals = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason] : []))
    expect(refusals).toEqual(
      refusals.map(() => expect.objectContaining({ code: 'STORAGE_FULL', permanent: false })),
    )
    expect(stored.length).toBeGreaterThan(3)
    expect(stored.length).toBeLessThan(60)
    const lines = told.logger.lines.filter(({ message }) => message.includes('cannot be stored'))
    expect(lines).toHaveLength(1)
    await stop()

    rig.script = () => undefined
    const again = await rig.start()
    await rig.arrival(stored)
    const more = batches(1, 300)
    await vi.waitFor(() => Promise.all(more.map((traces) => again.consume(traces))), 10_000)
    await rig.arrival([...stored, ...more])
  })

  test('EXP-63: stores the batch that is filling', async () => {
    const rig = new QueuedExporters(directory, { sending_queue: { batch: {} } })
    const { consume, exporter, extension } = await rig.start()
    const all = batches(3)
    const answers = Promise.all(all.map((traces) => consume(traces)))
    await exporter.shutdown(AbortSignal.timeout(5_000))
    await answers
    await extension.shutdown(AbortSignal.timeout(5_000))
    expect(rig.counts()).toEqual({ pending: 1, dead: 0 })
  })

  test('EXP-28: keeps dead letters over a restart', async () => {
    const rig = new QueuedExporters(directory)
    rig.script = () => {
      throw new PermanentError('HTTP_400', 'Bad Request')
    }
    const { consume, stop, told } = await rig.start()
    for (const traces of batches(2)) await consume(traces)
    await vi.waitFor(() => expect(told.dropped.get('permanent_error')).toBe(2))
    await stop()
    expect(rig.counts()).toEqual({ pending: 0, dead: 2 })
    const again = await rig.start()
    expect(again.told.heldNow()).toBe(0)
    await again.stop()
    expect(rig.counts()).toEqual({ pending: 0, dead: 2 })
  })
})
