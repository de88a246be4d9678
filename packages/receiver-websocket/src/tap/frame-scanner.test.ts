import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { encoded, type Frame } from '../../test/harness/frames.ts'
import { closeFrame, FrameScanner, type ScannedMessage, type ScanOutcome } from './frame-scanner.ts'

/** Gives the scanner the bytes in pieces of these sizes. */
function scan(
  scanner: FrameScanner,
  bytes: Buffer,
  sizes: readonly number[],
): { outcome: ScanOutcome; messages: ScannedMessage[] } {
  const messages: ScannedMessage[] = []
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? bytes.length
    const outcome = scanner.push(Buffer.from(bytes.subarray(at, at + size)), messages)
    if (outcome !== 'ok') return { outcome, messages }
    at += size
  }
  return { outcome: 'ok', messages }
}

const payload = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes))
const large = fc.integer({ min: 60_000, max: 70_000 }).map((size) => Buffer.alloc(size, 'x'))
const message = fc.record({
  binary: fc.boolean(),
  parts: fc.array(fc.oneof({ weight: 20, arbitrary: payload }, { weight: 1, arbitrary: large }), {
    minLength: 1,
    maxLength: 4,
  }),
  control: fc.option(fc.constantFrom(9, 10)),
})

describe('FrameScanner', () => {
  it('finds every message, however it was cut into frames and chunks', () => {
    const sizes = fc.array(fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 100_000 })), {
      minLength: 1,
      maxLength: 10,
    })
    fc.assert(
      fc.property(
        fc.array(message, { maxLength: 6 }),
        sizes,
        fc.option(fc.nat({ max: 2 ** 32 - 1 })),
        (all, chunkSizes, masking) => {
          const mask = masking ?? undefined
          const bytes = all.flatMap(({ binary, parts, control }) => {
            const frames = parts.map((part, index): Frame => ({
              opcode: index > 0 ? 0 : binary ? 2 : 1,
              last: index === parts.length - 1,
              payload: part,
            }))
            // Control frames may stand between the frames of a message.
            if (control !== null)
              frames.splice(1, 0, { opcode: control, last: true, payload: Buffer.from('hb') })
            return frames.map((frame) => encoded(frame, mask))
          })
          const scanner = new FrameScanner(mask !== undefined, 1_000_000)
          const { outcome, messages } = scan(scanner, Buffer.concat(bytes), chunkSizes)
          expect(outcome).toBe('ok')
          expect(scanner.atBoundary).toBe(true)
          expect(messages.map(({ binary, data }) => [binary, data.toString('hex')])).toEqual(
            all.map(({ binary, parts }) => [binary, Buffer.concat(parts).toString('hex')]),
          )
        },
      ),
      { numRuns: 200 },
    )
  })

  it.each([
    ['a frame', [encoded({ opcode: 1, last: true, payload: Buffer.alloc(101) }, undefined)]],
    [
      'a message of many frames',
      Array.from({ length: 11 }, (_, index) =>
        encoded({ opcode: index === 0 ? 1 : 0, last: false, payload: Buffer.alloc(10) }, undefined),
      ),
    ],
    [
      'a message of tiny frames',
      Array.from({ length: 20_000 }, (_, index) =>
        encoded({ opcode: index === 0 ? 1 : 0, last: false, payload: Buffer.alloc(0) }, undefined),
      ),
    ],
    ['a frame of four exabytes', [Buffer.from([0x82, 127, 0x7f, 255, 255, 255, 255, 255, 255, 255])]],
  ])('refuses %s over the limit, and says what may still pass', (_what, frames) => {
    const small = encoded({ opcode: 1, last: true, payload: Buffer.from('{}') }, undefined)
    const scanner = new FrameScanner(false, 100)
    const messages: ScannedMessage[] = []
    expect(scanner.push(Buffer.concat([small, ...frames]), messages)).toBe('too_large')
    expect(messages).toHaveLength(1)
    expect(scanner.passable).toBeGreaterThanOrEqual(small.length)
  })

  it.each([
    ['a reserved bit', Buffer.from([0xc1, 1, 0])],
    ['an unknown opcode', Buffer.from([0x83, 0])],
    ['a mask where there is none', Buffer.from([0x81, 0x80, 0, 0, 0, 0])],
    ['a continuation of nothing', Buffer.from([0x80, 0])],
    ['a control frame in pieces', Buffer.from([0x09, 0])],
    ['a new message inside another', Buffer.from([0x01, 0, 0x81, 0])],
  ])('calls %s invalid', (_what, bytes) => {
    expect(new FrameScanner(false, 100).push(bytes, [])).toBe('invalid')
  })

  it.each([undefined, 0x12_34_56_78])('understands its own farewell (mask %s)', (mask) => {
    const frame = closeFrame(1009, mask !== undefined, mask)
    const expected = encoded({ opcode: 8, last: true, payload: Buffer.from([1009 >> 8, 1009 & 0xff]) }, mask)
    expect(frame.toString('hex')).toBe(expected.toString('hex'))
  })
})
