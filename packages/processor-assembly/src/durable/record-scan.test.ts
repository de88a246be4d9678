import { fakeClock } from '@spanloom/core/testing'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'

import { encodeClock, encodeWaiting } from './record-codec.ts'
import { RecordScan } from './record-scan.ts'

const kindArbitrary = fc.integer({ min: 0, max: 8 })

it('passes over whatever it cannot read', () => {
  const recordArbitrary = fc
    .tuple(kindArbitrary, fc.uint8Array({ maxLength: 120 }))
    .map(([kind, rest]) => Uint8Array.of(kind, ...rest))
  fc.assert(
    fc.property(fc.array(recordArbitrary, { maxLength: 20 }), (records) => {
      const scan = new RecordScan(fakeClock())
      const page = records.map((bytes, index) => ({ key: 'x', sequence: index + 1, bytes }))
      const readable = scan.read([...page, { key: '', sequence: 99, bytes: encodeWaiting(Buffer.from('y')) }])

      expect(readable.at(-1)).toMatchObject({ kind: 'waiting', sequence: 99 })
      expect(scan.unreadable + readable.length).toBeLessThanOrEqual(records.length + 1)
      expect(Number.isFinite(scan.time.toStored(0))).toBe(true)
      expect(scan.lastNumber).toBeGreaterThanOrEqual(99)
    }),
  )
})

it('takes the time of the process before from the first record', () => {
  const scan = new RecordScan(fakeClock(60_000))
  scan.read([{ key: '', sequence: 0, bytes: encodeClock({ stored: 7, wallMs: 50_000 }) }])

  expect(scan.time.fromStored(7)).toBe(-10_000)
})
