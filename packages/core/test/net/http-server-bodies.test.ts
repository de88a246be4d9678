import { once } from 'node:events'
import { gzipSync, zstdCompressSync } from 'node:zlib'

import { afterEach, describe, expect, it } from 'vitest'

import { connectTo, post, raw, start, stopAll } from './serving.ts'

afterEach(stopAll)

describe('bodies', () => {
  it('OTR-06: takes a body of exactly the limit, refuses one byte more, declared or in chunks', async () => {
    const { url } = await start({ max_request_body_size: 1000 })

    expect((await post(url, Buffer.alloc(1000))).status).toBe(200)
    expect((await post(url, Buffer.alloc(1001))).status).toBe(413)
    expect((await post(url, chunks(1000))).status).toBe(200)
    expect((await post(url, chunks(1001))).status).toBe(413)
  })

  it('OTR-06: a sender still sending a much larger body gets to read the 413', async () => {
    const { url } = await start({ max_request_body_size: 1000 })

    expect((await post(url, Buffer.alloc(3_000_000))).status).toBe(413)
    expect((await post(url, chunks(3_000_000))).status).toBe(413)
  })

  it('does not read a body without end', async () => {
    const { server } = await start({ max_request_body_size: 1000 })
    const socket = connectTo(server)
    socket.on('error', () => undefined)
    socket.write('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n')
    const chunk = Buffer.from(`10000\r\n${'x'.repeat(0x10000)}\r\n`)
    const send = (): void => {
      while (!socket.destroyed && socket.write(chunk));
    }
    socket.on('drain', send)
    send()

    const answer: Buffer[] = []
    socket.on('data', (data: Buffer) => answer.push(data))
    await new Promise((resolve) => socket.once('close', resolve))
    expect(String(Buffer.concat(answer))).toMatch(/^HTTP\/1\.1 413 /)
    expect(socket.bytesWritten).toBeLessThan(40_000_000)
  })

  it('OTR-05: takes gzip and zstd, refuses what it does not know with 400', async () => {
    const { url } = await start()

    expect(await post(url, gzipSync('one'), { 'content-encoding': 'gzip' })).toMatchObject({
      status: 200,
      text: 'one',
    })
    expect(await post(url, zstdCompressSync('two'), { 'content-encoding': 'zstd' })).toMatchObject({
      text: 'two',
    })
    expect(await post(url, 'x', { 'content-encoding': 'br' })).toMatchObject({
      status: 400,
      text: 'unsupported Content-Encoding: br',
    })
  })

  it('takes only the encodings of compression_algorithms', async () => {
    const { url } = await start({ compression_algorithms: ['zstd'] })

    expect((await post(url, zstdCompressSync('x'), { 'content-encoding': 'zstd' })).status).toBe(200)
    expect((await post(url, gzipSync('x'), { 'content-encoding': 'gzip' })).status).toBe(400)
    expect((await post(url, 'x')).status).toBe(400)
  })

  it('answers 400 to a truncated gzip body and 413 to a bomb', async () => {
    const { url } = await start({ max_request_body_size: 100_000 })
    const body = gzipSync('x'.repeat(1000))

    expect((await post(url, body.subarray(0, -4), { 'content-encoding': 'gzip' })).status).toBe(400)
    expect((await post(url, gzipSync(Buffer.alloc(50_000_000)), { 'content-encoding': 'gzip' })).status).toBe(
      413,
    )
  })

  it('asks for the body of a sender that waits to be asked, and does not ask for one that is too large', async () => {
    const { server } = await start({ max_request_body_size: 10 })
    const head = 'POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nConnection: close\r\nContent-Length: '
    const socket = connectTo(server)
    socket.write(`${head}2\r\n\r\n`)
    const [asked] = await once(socket, 'data')
    socket.write('ok')

    expect(String(asked)).toContain('100 Continue')
    expect(String(Buffer.concat(await socket.toArray()))).toMatch(/^HTTP\/1\.1 200 [^]*ok$/)
    expect(await raw(server, `${head}11\r\n\r\n`)).toMatch(/^HTTP\/1\.1 413 /)
  })

  it('survives a sender that goes away in the middle of its body', async () => {
    const faults = Promise.withResolvers<unknown>()
    const { server, url } = await start({}, async (received) => {
      try {
        return { status: 200, body: await received.body() }
      } catch (error) {
        faults.resolve(error)
        throw error
      }
    })
    const socket = connectTo(server)
    socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nonly this')
    socket.once('connect', () => setImmediate(() => socket.resetAndDestroy()))

    await expect(faults.promise).resolves.toMatchObject({ code: 'REQUEST_ABORTED' })
    expect((await post(url, 'next')).status).toBe(200)
  })
})

async function* chunks(size: number): AsyncGenerator<Buffer> {
  for (let left = size; left > 0; left -= 100) yield Buffer.alloc(Math.min(100, left))
}
