import * as fc from 'fast-check'
import { expect, it } from 'vitest'

import { type Layout, MessageSplitter } from './message-splitter.ts'

const maxSize = 20
const messages = fc.array(fc.uint8Array({ maxLength: 30 }))

/** Cuts bytes into pieces of these sizes, again and again. */
function pieces(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const cut: Buffer[] = []
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const end = at + (sizes[turn % sizes.length] ?? 1)
    cut.push(bytes.subarray(at, end))
    at = end
  }
  return cut
}

function split(
  layout: Layout,
  parts: readonly Buffer[],
): { readonly found: unknown[]; readonly most: number } {
  const splitter = new MessageSplitter(layout, maxSize)
  const found: unknown[] = []
  let most = 0
  for (const part of parts) {
    for (const message of splitter.push(part)) found.push(message === 'too_large' ? message : [...message])
    most = Math.max(most, splitter.pending)
  }
  return { found, most }
}

const sizes = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 5 })
const expected = (message: Uint8Array): unknown => (message.length > maxSize ? 'too_large' : [...message])

it('finds the lines of a stream, however it is cut', () => {
  fc.assert(
    fc.property(messages, sizes, (all, cuts) => {
      const lines = all.map((message) => message.map((byte) => (byte === 10 ? 11 : byte)))
      const stream = Buffer.concat(lines.flatMap((one) => [one, Buffer.from('\n')]))
      const { found, most } = split('lines', pieces(stream, cuts))
      expect(found).toEqual(lines.map(expected))
      expect(most).toBeLessThanOrEqual(maxSize)
    }),
  )
})

it('finds the frames of a stream, however it is cut', () => {
  fc.assert(
    fc.property(messages, sizes, (all, cuts) => {
      const stream = Buffer.concat(all.flatMap((message) => [Buffer.of(0, 0, 0, message.length), message]))
      const { found, most } = split('frames', pieces(stream, cuts))
      expect(found).toEqual(all.map(expected))
      expect(most).toBeLessThanOrEqual(maxSize + 4)
    }),
  )
})
