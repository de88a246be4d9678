import fc from 'fast-check'
import rhea from 'rhea'
import { expect, it } from 'vitest'

import { encodeEvent } from '../events.ts'
import { decodeMessage, encodeMessage } from './library.ts'
import { MalformedMessage } from './malformed-message.ts'
import { messagesOfBatch, sectionsOf } from './sections.ts'
import { partitionKeyOf, storedMessage } from './stored-message.ts'

const place = { sequenceNumber: 5_000_000_000, offset: '123', enqueuedTime: 1_700_000_000_123 }
const name = fc.stringMatching(/^[a-z]{1,9}$/)
const value = fc.oneof(
  fc.string({ maxLength: 300 }),
  fc.boolean(),
  // The library writes a whole number as an integer, and takes none beyond 64 bits.
  fc.double({ min: -1e6, max: 1e6, noNaN: true, noInteger: true }),
  fc.integer(),
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
)
const message = fc
  .tuple(
    fc.record(
      {
        durable: fc.boolean(),
        message_id: fc.string(),
        content_type: fc.constantFrom('text/plain', 'application/json'),
        delivery_annotations: fc.dictionary(name, value, { maxKeys: 2 }),
        message_annotations: fc.dictionary(name, value, { maxKeys: 4 }),
        application_properties: fc.dictionary(name, value, { maxKeys: 4 }),
      },
      { requiredKeys: [] },
    ),
    fc.uint8Array({ maxLength: 400 }),
  )
  .map(([fields, body]) => encodeMessage({ ...fields, body: rhea.message.data_section(Buffer.from(body)) }))

it('finds sections that cover a message without a gap', () => {
  fc.assert(
    fc.property(message, (bytes) => {
      const sections = sectionsOf(bytes)
      expect(sections.map(({ start }) => start)).toEqual([0, ...sections.map(({ end }) => end)].slice(0, -1))
      expect(sections.at(-1)?.end).toBe(bytes.length)
    }),
  )
})

it('gives a message its place and leaves the rest as it was', () => {
  fc.assert(
    fc.property(message, (bytes) => {
      const before = decodeMessage(bytes)
      const { bytes: stored, headerEnd } = storedMessage(bytes, place)
      const after = decodeMessage(stored)

      const { delivery_annotations: _dropped, message_annotations: kept, ...rest } = before
      expect(after).toEqual({
        ...rest,
        message_annotations: {
          ...Object(kept),
          'x-opt-sequence-number': place.sequenceNumber,
          'x-opt-offset': place.offset,
          'x-opt-enqueued-time': new Date(place.enqueuedTime),
        },
      })
      expect(stored[headerEnd + 2]).toBe(0x72)
    }),
  )
})

it('does not let a sender choose its place', () => {
  const forged = encodeMessage({
    message_annotations: { 'x-opt-offset': '9', 'x-opt-sequence-number': 9 },
    body: 'x',
  })

  const { bytes } = storedMessage(forged, place)

  expect(decodeMessage(bytes)['message_annotations']).toMatchObject({
    'x-opt-offset': '123',
    'x-opt-sequence-number': 5_000_000_000,
  })
})

it('reads the partition key that an event was encoded with', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 400, unit: 'grapheme' }), (partitionKey) => {
      expect(partitionKeyOf(encodeEvent('body', { partitionKey }))).toBe(partitionKey)
    }),
  )
})

it('finds the messages of a batch', () => {
  fc.assert(
    fc.property(fc.array(message, { maxLength: 5 }), (messages) => {
      const batch = encodeMessage({ body: rhea.message.data_sections(messages) })
      expect(messagesOfBatch(batch)).toEqual(messages)
    }),
  )
})

/** Whether work succeeds or fails as it should. */
function isOrderly(work: () => unknown): boolean {
  try {
    work()
    return true
  } catch (error) {
    return error instanceof MalformedMessage
  }
}

it('refuses what is no message, and nothing worse happens', () => {
  const garbage = fc.oneof(
    fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
    fc.tuple(message, fc.nat(), fc.nat(255)).map(([bytes, at, byte]) => {
      const damaged = Buffer.from(bytes)
      damaged[at % Math.max(damaged.length, 1)] = byte
      return damaged
    }),
    fc.tuple(message, fc.nat()).map(([bytes, end]) => bytes.subarray(0, end % (bytes.length + 1))),
    fc.constant(Buffer.alloc(100_000)),
  )
  fc.assert(
    fc.property(garbage, (bytes) => {
      expect(isOrderly(() => storedMessage(bytes, place))).toBe(true)
      expect(isOrderly(() => messagesOfBatch(bytes))).toBe(true)
      expect(isOrderly(() => partitionKeyOf(bytes))).toBe(true)
    }),
    { numRuns: 500 },
  )
})
