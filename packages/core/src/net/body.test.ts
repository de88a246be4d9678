import { Readable } from 'node:stream'

import { expect, it } from 'vitest'

import { readBody } from './body.ts'

it('reads a body of exactly the limit, in any number of parts', async () => {
  expect(await readBody(Readable.from([Buffer.from('ab'), Buffer.from('cd')]), 4)).toEqual(
    Buffer.from('abcd'),
  )
  expect(await readBody(Readable.from([]), 0)).toHaveLength(0)
  await expect(readBody(Readable.from([Buffer.from('ab'), Buffer.from('cd')]), 3)).rejects.toThrow(
    expect.objectContaining({ status: 413 }),
  )
})

it('copies a small part of a large buffer, which the pipeline may hold for long', async () => {
  const large = Buffer.alloc(1_000_000, 'x')

  const small = await readBody(Readable.from([large.subarray(0, 600)]), 1000)
  const most = await readBody(Readable.from([large.subarray(0, 600_000)]), 1_000_000)

  expect(small.buffer.byteLength).toBeLessThan(100_000)
  expect(most.buffer).toBe(large.buffer)
})

it('fails when the sender goes away', async () => {
  const stream = new Readable({ read: () => undefined })
  const body = readBody(stream, 10)
  stream.destroy()

  await expect(body).rejects.toThrow(expect.objectContaining({ code: 'REQUEST_ABORTED' }))
})
