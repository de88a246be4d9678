import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { WireWriter } from './wire-writer.ts'
import {
  afterVarint,
  FieldCursor,
  readBool,
  readDouble,
  readFixed32,
  readInt64,
  readUint32,
  readUint64,
  varintLength,
} from './wire.ts'

function written(write: (writer: WireWriter) => void): Buffer {
  const writer = new WireWriter()
  write(writer)
  const bytes = writer.take()
  writer.release()
  return bytes
}

describe('the wire format', () => {
  it('carries unsigned 32-bit numbers as varints', () => {
    fc.assert(
      fc.property(fc.oneof(fc.nat(300), fc.integer({ min: 0, max: 0xffff_ffff })), (value) => {
        const bytes = written((writer) => writer.varint(value))

        expect(readUint32(bytes, 0)).toBe(value)
        expect([varintLength(value), afterVarint(bytes, 0)]).toEqual([bytes.length, bytes.length])
      }),
    )
  })

  it('carries signed 64-bit numbers as varints, as numbers where these are exact', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.nat(63), (value, shift) => {
        const small = value >> BigInt(shift)
        const read = readInt64(
          written((writer) => writer.int64(small)),
          0,
        )

        expect(BigInt(read)).toBe(small)
        expect(typeof read).toBe(Number.isSafeInteger(Number(small)) ? 'number' : 'bigint')
      }),
    )
  })

  it.each([
    0,
    -1,
    1,
    2 ** 31,
    2 ** 32,
    2 ** 49,
    -(2 ** 49),
    Number.MAX_SAFE_INTEGER,
    Number.MIN_SAFE_INTEGER,
  ])('carries %d exactly', (value) => {
    expect(
      readInt64(
        written((writer) => writer.int64(value)),
        0,
      ),
    ).toBe(value)
  })

  it('carries numbers of fixed width at any position', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
        fc.double(),
        fc.integer({ min: 0, max: 0xffff_ffff }),
        (long, double, short) => {
          const bytes = written((writer) => {
            writer.byte(7)
            writer.fixed64(long)
            writer.double(double)
            writer.fixed32(short)
          })

          expect([readUint64(bytes, 1), readDouble(bytes, 9), readFixed32(bytes, 17)]).toEqual([
            long,
            double,
            short,
          ])
        },
      ),
    )
  })

  it('takes a boolean for true that has any bit set, even beyond the 32nd', () => {
    expect(readBool(Buffer.from('00', 'hex'), 0)).toBe(false)
    expect(readBool(Buffer.from('808000', 'hex'), 0)).toBe(false)
    expect(readBool(Buffer.from('80808080808001', 'hex'), 0)).toBe(true)
  })

  it('carries texts of any length, with U+FFFD for lone surrogates', () => {
    const texts = fc.oneof(fc.string({ unit: 'binary', maxLength: 200 }), fc.string({ maxLength: 200 }))
    fc.assert(
      fc.property(texts, (text) => {
        const bytes = written((writer) => writer.lengthAndText(text))

        expect(bytes.toString('utf8', afterVarint(bytes, 0))).toBe(text)
        expect(readUint32(bytes, 0)).toBe(bytes.length - afterVarint(bytes, 0))
      }),
    )
    expect(written((writer) => writer.lengthAndText('a\ud800')).toString('hex')).toBe('0461efbfbd')
    expect(
      written((writer) => writer.lengthAndText('\udc00'.repeat(50)))
        .subarray(2)
        .toString(),
    ).toBe('\ufffd'.repeat(50))
  })

  it.each([0, 1, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152])('closes messages of %d bytes', (length) => {
    const bytes = written((writer) => {
      const outer = writer.open(0x0a)
      const inner = writer.open(0x12)
      writer.raw(Buffer.alloc(length, 7))
      writer.close(inner)
      writer.close(outer)
      writer.byte(1)
    })
    const outer = new FieldCursor(bytes, 0, bytes.length)
    outer.next()
    const inner = new FieldCursor(bytes, outer.start, outer.end)

    expect(inner.next()).toBe(true)
    expect([inner.field, inner.end - inner.start, inner.end]).toEqual([2, length, outer.end])
    expect([bytes[inner.end], bytes.length - outer.end]).toEqual([1, 1])
    expect(bytes.subarray(inner.start, inner.end).every((byte) => byte === 7)).toBe(true)
  })

  it('takes back a message without content', () => {
    const bytes = written((writer) => {
      writer.byte(1)
      writer.closeUnlessEmpty(writer.open(0x0a))
      const full = writer.open(0x12)
      writer.byte(2)
      writer.closeUnlessEmpty(full)
    })

    expect(bytes.toString('hex')).toBe('01120102')
  })
})

describe('FieldCursor', () => {
  it('steps over fields of every wire type, groups within groups included', () => {
    const bytes = written((writer) => {
      writer.tag(1, 0)
      writer.int64(-1)
      writer.tag(2, 1)
      writer.fixed64(5n)
      writer.tag(3, 2)
      writer.lengthAndText('text')
      writer.tag(1000, 3)
      for (const [field, wire] of [
        [4, 3],
        [9, 0],
      ] as const)
        writer.tag(field, wire)
      writer.varint(300)
      for (const [field, wire] of [
        [4, 4],
        [1000, 4],
      ] as const)
        writer.tag(field, wire)
      writer.tag(5, 5)
      writer.fixed32(9)
    })
    const fields = new FieldCursor(bytes, 0, bytes.length)
    const seen: number[][] = []
    while (fields.next()) seen.push([fields.field, fields.wire])

    expect(seen).toEqual([
      [1, 0],
      [2, 1],
      [3, 2],
      [1000, 3],
      [5, 5],
    ])
    expect(fields.end).toBe(bytes.length)
  })

  it('comes to an end over any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        const fields = new FieldCursor(Buffer.from(bytes), 0, bytes.length)
        let steps = 0
        while (fields.next()) steps++

        expect(steps).toBeLessThanOrEqual(bytes.length)
      }),
      { numRuns: 500 },
    )
  })
})
