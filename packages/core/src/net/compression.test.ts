import { gunzipSync, inflateSync, zstdDecompressSync } from 'node:zlib'

import { assert, asyncProperty, uint8Array } from 'fast-check'
import { expect, it } from 'vitest'

import { createCompressor, levelFault } from './compression.ts'

const undo = { gzip: gunzipSync, zlib: inflateSync, deflate: inflateSync, zstd: zstdDecompressSync } as const

it.each(['gzip', 'zlib', 'deflate', 'zstd'] as const)(
  '%s gives back what it got, at every level',
  async (name) => {
    const levels = name === 'zstd' ? [0, 1, 3, 19] : [0, 1, 6, 9, -1]
    await assert(
      asyncProperty(uint8Array({ maxLength: 4_000 }), async (bytes) => {
        for (const level of levels) {
          const { compress, contentEncoding } = createCompressor(name, level)
          expect(contentEncoding).toBe(name)
          expect(Buffer.from(undo[name](await compress(bytes))).equals(bytes)).toBe(true)
        }
      }),
      { numRuns: 20 },
    )
  },
)

it('takes the fast level unless another is asked for', async () => {
  const text = Buffer.from(Array.from({ length: 20_000 }, (_, index) => `span-${index * 7} `).join(''))
  const sizeAt = async (level?: number): Promise<number> =>
    (await createCompressor('gzip', level).compress(text)).length

  expect(await sizeAt()).toBe(await sizeAt(1))
  expect(await sizeAt(9)).toBeLessThan(await sizeAt())
})

it('leaves the bytes alone without compression', () => {
  const body = Buffer.from('body')
  expect(createCompressor('none').compress(body)).toBe(body)
  expect(createCompressor('').contentEncoding).toBeUndefined()
})

it.each([
  ['gzip', 9, undefined],
  ['gzip', 10, 'unsupported level 10 for compression "gzip": it may be -1 to 9'],
  ['zstd', -1, 'unsupported level -1 for compression "zstd": it may be 1 to 22'],
  ['zstd', 22, undefined],
] as const)('knows the levels of %s: %d', (name, level, fault) => {
  expect(levelFault(name, level)).toBe(fault)
})
