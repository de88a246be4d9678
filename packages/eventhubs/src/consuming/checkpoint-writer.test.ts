import { fakeClock, recordingLogger } from '@spanloom/core/testing'
import { expect, it } from 'vitest'

import { CheckpointWriter } from './checkpoint-writer.ts'
import type { Position } from './checkpoints.ts'

interface Setup {
  readonly writer: CheckpointWriter
  readonly clock: ReturnType<typeof fakeClock>
  readonly written: number[]
  readonly logger: ReturnType<typeof recordingLogger>
  readonly fail: (on: boolean) => void
}

function setup(intervalMs: number): Setup {
  const clock = fakeClock()
  const logger = recordingLogger()
  const written: number[] = []
  let failing = false
  const checkpoints = {
    read: () => Promise.resolve(undefined),
    write(_partition: string, { sequenceNumber }: Position) {
      if (failing) return Promise.reject(new Error('No.'))
      written.push(sequenceNumber)
      return Promise.resolve()
    },
  }
  const writer = new CheckpointWriter({ partitionId: '0', checkpoints, intervalMs, clock, logger })
  return { writer, clock, written, logger, fail: (on) => void (failing = on) }
}

const at = (sequenceNumber: number): Position => ({ offset: String(sequenceNumber), sequenceNumber })

it('writes the newest position, once in an interval', async () => {
  const { writer, clock, written } = setup(1_000)
  await writer.safe(at(1))
  await writer.safe(at(2))
  await clock.advance(999)
  expect(written).toEqual([])
  await clock.advance(1)
  expect(written).toEqual([2])
  await clock.advance(5_000)
  expect(written).toEqual([2])
})

it('writes after each batch with an interval of zero', async () => {
  const { writer, written } = setup(0)
  await writer.safe(at(1))
  await writer.safe(at(2))
  expect(written).toEqual([1, 2])
})

it('writes what is left when it is closed, and nothing when the partition was lost', async () => {
  const { writer, written } = setup(1_000)
  await writer.safe(at(1))
  await writer.close()
  expect(written).toEqual([1])

  const lost = setup(1_000)
  await lost.writer.safe(at(1))
  lost.writer.discard()
  await lost.clock.advance(5_000)
  expect(lost.written).toEqual([])
})

it('tries again what could not be written, and says so once', async () => {
  const { writer, written, clock, logger, fail } = setup(1_000)
  fail(true)
  await writer.safe(at(1))
  await clock.advance(3_000)
  expect(logger.lines).toHaveLength(1)
  fail(false)
  await clock.advance(1_000)
  expect(written).toEqual([1])
  expect(writer.behind).toBe(false)
})
