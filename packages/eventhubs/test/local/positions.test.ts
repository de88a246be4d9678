import { earliestEventPosition, type EventPosition, latestEventPosition } from '@azure/event-hubs'
import { fakeClock } from '@spanloom/core/testing'
import { describe, expect, it } from 'vitest'

import type { LocalEventHubs } from '../../src/local/index.ts'
import { readFrom, sequences } from './azure-clients.ts'
import { startHubs } from './start-hubs.ts'

/** Ten events in partition 0, one each second from second 100 on. */
async function filledHubs(): Promise<LocalEventHubs> {
  const clock = fakeClock(100_000)
  const hubs = await startHubs({ clock })
  for (let i = 0; i < 10; i += 1) {
    hubs.append('flows', 0, `event ${i}`)
    await clock.advance(1_000)
  }
  return hubs
}

describe('a reader begins', () => {
  const cases: [string, (offsetOf6: string) => EventPosition, number[]][] = [
    ['at the earliest event', () => earliestEventPosition, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]],
    ['after an offset', (offset) => ({ offset }), [7, 8, 9]],
    ['at an offset', (offset) => ({ offset, isInclusive: true }), [6, 7, 8, 9]],
    ['after a sequence number', () => ({ sequenceNumber: 4 }), [5, 6, 7, 8, 9]],
    ['at a sequence number', () => ({ sequenceNumber: 4, isInclusive: true }), [4, 5, 6, 7, 8, 9]],
    ['after a time', () => ({ enqueuedOn: 107_000 }), [8, 9]],
  ]
  it.for(cases)('%s', async ([, position, expected]) => {
    await using hubs = await filledHubs()
    const offset = hubs.read('flows', 0)[6]?.offset ?? ''
    await using reading = readFrom(hubs.connectionString('flows'), position(offset), { partition: '0' })

    const events = await reading.until(expected.length)

    expect(sequences(events)).toEqual(expected)
  })

  it('at the latest event', async () => {
    await using hubs = await filledHubs()
    await using reading = readFrom(hubs.connectionString('flows'), latestEventPosition, { partition: '0' })
    await reading.untilOpen()

    hubs.append('flows', 0, 'new')

    expect(sequences(await reading.until(1))).toEqual([10])
  })
})

it('begins at the oldest event that is kept when the wanted one is gone', async () => {
  await using hubs = await startHubs({ hubs: [{ name: 'flows', partitions: 1, retention: 3 }] })
  for (let i = 0; i < 5_000; i += 1) hubs.append('flows', 0, `event ${i}`)
  await using reading = readFrom(hubs.connectionString('flows'), { sequenceNumber: 1 }, { partition: '0' })

  const events = await reading.until(3)

  expect(sequences(events)).toEqual([4_997, 4_998, 4_999])
  expect(hubs.read('flows')).toHaveLength(3)
})
