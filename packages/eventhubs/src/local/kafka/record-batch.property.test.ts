import { gzipSync } from 'node:zlib'

import fc from 'fast-check'
import { expect, it } from 'vitest'

import { crc32c } from './crc32c.ts'
import { decodeRecords, encodeRecords, type KafkaRecord, UnsupportedCompression } from './record-batch.ts'
import { MalformedRequest, WireReader } from './wire-reader.ts'
import { WireWriter } from './wire-writer.ts'

const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array))
const maybe = fc.option(bytes, { nil: null })
const records = fc
  .tuple(
    fc.integer({ min: 0, max: 2 ** 40 }),
    fc.array(
      fc.record({
        timestamp: fc.integer({ min: 0, max: 2 ** 45 }),
        key: maybe,
        value: maybe,
        headers: fc.array(fc.tuple(fc.string(), bytes), { maxLength: 3 }),
      }),
      { minLength: 1, maxLength: 20 },
    ),
  )
  .map(([first, list]): KafkaRecord[] => list.map((record, i) => ({ ...record, offset: first + i })))

/** Packs the records of a batch, as a client would that compresses. */
function compressed(batch: Buffer, compression: number, pack: (content: Buffer) => Buffer): Buffer {
  const offset = batch.subarray(0, 8)
  const rest = batch.subarray(8 + 4 + 4 + 1 + 4)
  const content = Buffer.concat([rest.subarray(2, 40), pack(rest.subarray(40))])
  const covered = new WireWriter().int16(compression).raw(content).finish()
  const body = new WireWriter().int32(0).int8(2).uint32(crc32c(covered)).raw(covered).finish()
  return new WireWriter().raw(offset).bytes(body).finish()
}

it('knows the check value of CRC-32C', () => {
  expect(crc32c(Buffer.from('123456789'))).toBe(0xe306_9283)
})

it('reads numbers as it writes them', () => {
  const number = fc.integer({ min: -Number.MAX_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER })
  fc.assert(
    fc.property(number, (value) => {
      expect(new WireReader(new WireWriter().varint(value).finish()).varint()).toBe(value)
      expect(new WireReader(new WireWriter().int64(value).finish()).int64()).toBe(value)
    }),
  )
})

it('reads records as it writes them, packed or not', () => {
  fc.assert(
    fc.property(records, (list) => {
      const batch = encodeRecords(list)
      expect(decodeRecords(batch, 1_000_000)).toEqual(list)
      expect(
        decodeRecords(
          compressed(batch, 1, (content) => gzipSync(content)),
          1_000_000,
        ),
      ).toEqual(list)
    }),
  )
})

it('notices every damaged byte behind the checksum', () => {
  fc.assert(
    fc.property(records, fc.nat(), fc.integer({ min: 1, max: 255 }), (list, at, change) => {
      const batch = encodeRecords(list)
      const place = 21 + (at % (batch.length - 21))
      batch[place] = (batch[place] ?? 0) ^ change
      expect(() => decodeRecords(batch, 1_000_000)).toThrow(MalformedRequest)
    }),
  )
})

it('fails in an orderly way on anything else', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (array) => {
      const isOrderly = (): boolean => {
        try {
          decodeRecords(Buffer.from(array), 1_000)
          return true
        } catch (error) {
          return error instanceof MalformedRequest || error instanceof UnsupportedCompression
        }
      }
      expect(isOrderly()).toBe(true)
    }),
  )
})

it('does not unpack a bomb', () => {
  const one = encodeRecords([
    { offset: 0, timestamp: 0, key: null, value: Buffer.alloc(5_000_000), headers: [] },
  ])

  expect(() =>
    decodeRecords(
      compressed(one, 1, (content) => gzipSync(content)),
      100_000,
    ),
  ).toThrow(MalformedRequest)
})
