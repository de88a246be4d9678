import * as fc from 'fast-check'
import { expect, it } from 'vitest'

import { pathSegment } from './path-segment.ts'

it('makes one harmless name of any value', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('..', '.', '../..', 'a/b', ''), fc.anything()),
      (value) => {
        const segment = pathSegment(value)
        expect(segment).toMatch(/^[\p{L}\p{N}._@=+-]+$/u)
        expect(segment).not.toMatch(/\.$/)
        expect(Buffer.byteLength(segment)).toBeLessThanOrEqual(200)
      },
    ),
  )
})

it('leaves ordinary names as they are', () => {
  expect(['north', 'shop-1.eu', 'Zürich'].map(pathSegment)).toEqual(['north', 'shop-1.eu', 'Zürich'])
  expect(pathSegment(undefined)).toBe('MISSING')
})
