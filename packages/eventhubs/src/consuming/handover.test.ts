import { RetryableError } from '@spanloom/core'
import { fakeClock, testTelemetry } from '@spanloom/core/testing'
import { expect, it } from 'vitest'

import type { EventBatch } from '../event.ts'
import { createHandover } from './handover.ts'

const batch = (signal: AbortSignal): EventBatch => ({ partitionId: '0', events: [], signal })
const never = new AbortController().signal

it('hands the same batch over again, after longer and longer waits, until it is taken', async () => {
  const clock = fakeClock()
  const telemetry = testTelemetry()
  const seen: EventBatch[] = []
  const handover = createHandover(
    (each) => {
      seen.push(each)
      return seen.length < 4 ? Promise.reject(new Error('No.')) : Promise.resolve()
    },
    telemetry,
    clock,
  )
  const given = batch(never)
  const done = handover.deliver(given, never)
  await clock.advance(1_000)
  expect(seen).toHaveLength(2)
  await clock.advance(2_000)
  await clock.advance(4_000)
  await done
  expect(seen).toEqual([given, given, given, given])
  expect(telemetry.logger.lines.map(({ level }) => level)).toEqual(['warn', 'info'])
  expect(telemetry.statusEvents.map(({ kind }) => kind)).toEqual(['RecoverableError', 'OK'])
})

it('waits as long as the pipeline asks', async () => {
  const clock = fakeClock()
  let calls = 0
  const handover = createHandover(
    () => {
      calls++
      return calls === 1
        ? Promise.reject(new RetryableError('QUEUE_FULL', 'Full.', { retryAfterMs: 90_000 }))
        : Promise.resolve()
    },
    testTelemetry(),
    clock,
  )
  const done = handover.deliver(batch(never), never)
  await clock.advance(89_999)
  expect(calls).toBe(1)
  await clock.advance(1)
  await done
})

it('gives up between attempts when the consumer stops, and never says that the batch is safe', async () => {
  const clock = fakeClock()
  const stop = new AbortController()
  const handover = createHandover(() => Promise.reject(new Error('No.')), testTelemetry(), clock)
  const done = handover.deliver(batch(never), stop.signal)
  const [outcome] = await Promise.all([
    Promise.allSettled([done]),
    clock.advance(0).then(() => stop.abort(new Error('Stop.'))),
  ])
  expect(outcome).toMatchObject([{ status: 'rejected', reason: { message: 'Stop.' } }])
  expect(clock.pending).toBe(0)
})

it('lets an attempt that is under way at a stop decide', async () => {
  const clock = fakeClock()
  const stop = new AbortController()
  const taken = Promise.withResolvers<void>()
  const handover = createHandover(() => taken.promise, testTelemetry(), clock)
  const done = handover.deliver(batch(never), stop.signal)
  stop.abort()
  taken.resolve()
  await expect(done).resolves.toBeUndefined()
})

it('does not count what was taken after the partition was lost', async () => {
  const lost = new AbortController()
  const taken = Promise.withResolvers<void>()
  const handover = createHandover(() => taken.promise, testTelemetry(), fakeClock())
  const done = handover.deliver(batch(lost.signal), never)
  lost.abort(new Error('Lost.'))
  taken.resolve()
  await expect(done).rejects.toThrow('Lost.')
})
