import { constants, createZstdCompress, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { type ContentEncoding, contentEncoding, decompress } from './decompress.ts'
import { HttpFault } from './http-fault.ts'

const compressors: Readonly<Record<Exclude<ContentEncoding, ''>, (body: Buffer) => Buffer>> = {
  gzip: (body) => gzipSync(body),
  zlib: (body) => deflateSync(body),
  deflate: (body) => deflateSync(body),
  zstd: (body) => zstdCompressSync(body),
}
const encodings = ['gzip', 'zlib', 'deflate', 'zstd'] as const
const status = (promise: Promise<unknown>): Promise<number> =>
  promise.then(
    () => 200,
    (error: unknown) => (error instanceof HttpFault ? error.status : 0),
  )

describe.each(encodings)('%s', (encoding) => {
  const compress = compressors[encoding]

  it('gives back any body', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 5000 }), async (bytes) => {
        const body = Buffer.from(bytes)
        expect(await decompress(compress(body), encoding, 5000)).toEqual(body)
      }),
      { numRuns: 30 },
    )
  })

  it('OTR-06: takes a body of exactly the limit and refuses one byte more with 413', async () => {
    expect(await status(decompress(compress(Buffer.alloc(1000)), encoding, 1000))).toBe(200)
    expect(await status(decompress(compress(Buffer.alloc(1001)), encoding, 1000))).toBe(413)
  })

  it('stops a bomb at the limit', async () => {
    const bomb = compress(Buffer.alloc(50_000_000))
    expect(bomb.length).toBeLessThan(100_000)
    expect(await status(decompress(bomb, encoding, 1_000_000))).toBe(413)
  })

  it('refuses every cut and every garbage with 400', async () => {
    const whole = compress(Buffer.from('a span is its bytes, '.repeat(50)))
    for (let length = 0; length < whole.length; length++) {
      expect(await status(decompress(whole.subarray(0, length), encoding, 10_000))).toBe(400)
    }
    expect(await status(decompress(Buffer.from('no compression at all'), encoding, 10_000))).toBe(400)
  })
})

it('reads all frames of a zstd body, not only the first', async () => {
  const frames = Buffer.concat([zstdCompressSync(Buffer.from('one ')), zstdCompressSync(Buffer.from('two'))])

  expect(String(await decompress(frames, 'zstd', 100))).toBe('one two')
  expect(await status(decompress(frames, 'zstd', 6))).toBe(413)
})

it('refuses a zstd body of very many frames', async () => {
  const frame = zstdCompressSync(Buffer.alloc(0))

  expect(await status(decompress(Buffer.concat(Array(1024).fill(frame)), 'zstd', 100))).toBe(200)
  expect(await status(decompress(Buffer.concat(Array(1025).fill(frame)), 'zstd', 100))).toBe(400)
})

it('refuses a zstd frame with something else behind it', async () => {
  const body = Buffer.concat([zstdCompressSync(Buffer.from('one')), Buffer.from('junk')])

  expect(await status(decompress(body, 'zstd', 100))).toBe(400)
})

it('refuses a zstd frame that asks for a huge window', async () => {
  const stream = createZstdCompress({ params: { [constants.ZSTD_c_windowLog]: 27 } })
  stream.write(Buffer.alloc(1000))
  stream.end()
  const body = Buffer.concat(await stream.toArray())

  expect(await status(decompress(body, 'zstd', 10_000))).toBe(400)
})

it('reads the header without regard to case, and takes identity for none', () => {
  expect(contentEncoding(undefined)).toBe('')
  expect(contentEncoding('identity')).toBe('')
  expect(contentEncoding(' GZIP ')).toBe('gzip')
})

it('OTR-05: refuses an encoding that is unknown or not accepted, and echoes no control characters', () => {
  expect(() => contentEncoding('br')).toThrow('unsupported Content-Encoding: br')
  expect(() => contentEncoding('gzip', new Set(['']))).toThrow('unsupported Content-Encoding: gzip')
  expect(() => contentEncoding('a\u0007b')).toThrow('unsupported Content-Encoding: a?b')
})
