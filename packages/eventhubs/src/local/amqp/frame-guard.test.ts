import fc from 'fast-check'
import { expect, it } from 'vitest'

import { frameGuard } from './frame-guard.ts'

const protocolHeader = Buffer.from('AMQP\u0000\u0001\u0000\u0000')

function frame(size: number, length = size): Buffer {
  const bytes = Buffer.alloc(Math.max(length, 4))
  bytes.writeUInt32BE(size, 0)
  return bytes
}

/** Cuts bytes into chunks at the given places. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const edges = [0, ...places.map((place) => place % bytes.length).toSorted((a, b) => a - b), bytes.length]
  return edges.slice(1).map((end, i) => bytes.subarray(edges[i], end))
}

it('lets headers and frames up to the limit pass, however they are cut', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 8, max: 64 }), { maxLength: 9 }),
      fc.array(fc.nat(), { maxLength: 9 }),
      (sizes, places) => {
        const guard = frameGuard(64)
        const bytes = Buffer.concat([protocolHeader, protocolHeader, ...sizes.map((size) => frame(size))])
        expect(cut(bytes, places).every((chunk) => guard(chunk))).toBe(true)
      },
    ),
  )
})

it.for([0, 7, 65, 0xffff_ffff])('stops at a frame of %i bytes', (size) => {
  const guard = frameGuard(64)

  expect(guard(Buffer.concat([protocolHeader, frame(64), frame(size, 4)]))).toBe(false)
})
