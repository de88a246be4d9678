import { Resource, Scope } from '@spanloom/core/traces'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'

import {
  decodeClock,
  decodeClosing,
  decodeFragment,
  decodeNote,
  decodeWaiting,
  encodeClock,
  encodeClosing,
  encodeFragment,
  encodeNote,
  encodeWaiting,
  type FragmentRecord,
  recordKind,
} from './record-codec.ts'

const bytes = fc.uint8Array({ maxLength: 60 }).map((array) => Buffer.from(array))
const time = fc.double({ noNaN: true, min: -1e15, max: 1e15 })

const fragmentArbitrary: fc.Arbitrary<FragmentRecord> = fc
  .record({
    span: bytes,
    resource: fc.constantFrom(Resource.empty, Resource.of({ 'service.name': 'shop' })),
    scope: fc.constantFrom(Scope.empty, Scope.of({ name: 'library', version: '1' })),
    arrival: fc.nat(),
    arrivedMs: time,
    wallNs: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    closing: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    print: fc.uint8Array({ minLength: 16, maxLength: 16 }),
  })
  .map(({ span, print, ...rest }) => ({
    fragment: { buffer: span, from: 0, to: span.length, ...rest },
    fingerprint: Buffer.from(print).toString('latin1'),
  }))

function plain({ fragment, fingerprint }: FragmentRecord): object {
  const { buffer, from, to, resource, scope, ...rest } = fragment
  return {
    ...rest,
    fingerprint,
    span: buffer.toString('hex', from, to),
    resource: resource.envelope.bytes.toString('hex'),
    scope: scope.envelope.bytes.toString('hex'),
  }
}

it('gives back every fragment as it was', () => {
  fc.assert(
    fc.property(fragmentArbitrary, time, (record, arrived) => {
      const encoded = encodeFragment(record, arrived, recordKind.fragment)
      const { fragment, fingerprint } = record

      expect(encoded[0]).toBe(recordKind.fragment)
      expect(plain(decodeFragment(encoded))).toEqual(
        plain({ fragment: { ...fragment, arrivedMs: arrived }, fingerprint }),
      )
    }),
  )
})

it('gives back every closing end as it was', () => {
  fc.assert(
    fc.property(fragmentArbitrary, time, fc.boolean(), (record, expires, merged) => {
      const encoded = encodeClosing({ ...record, expires, merged }, record.fragment.arrivedMs)
      const decoded = decodeClosing(encoded)

      expect(encoded[0]).toBe(recordKind.closing)
      expect({ expires: decoded.expires, merged: decoded.merged }).toEqual({ expires, merged })
      expect(plain(decoded)).toEqual(plain(record))
    }),
  )
})

const names = fc.array(fc.string({ unit: 'binary' }), { maxLength: 3 })

it('gives back every note as it was', () => {
  const noteArbitrary = fc.record({
    lastNumber: fc.nat(),
    facts: fc.record({
      profile: fc.constantFrom('', 'invictus'),
      lastArrivalMs: time,
      lastLeaveMs: time,
      aliases: names,
      groups: names,
      ids: names,
    }),
    memory: bytes,
  })
  fc.assert(
    fc.property(noteArbitrary, (note) => {
      expect(decodeNote(encodeNote(note))).toEqual(note)
    }),
  )
})

it('gives back spans that wait, and what time it was', () => {
  expect(decodeWaiting(encodeWaiting(Buffer.from('spans')))).toEqual(Buffer.from('spans'))
  expect(decodeClock(encodeClock({ stored: -1.5, wallMs: 3 }))).toEqual({ stored: -1.5, wallMs: 3 })
})
