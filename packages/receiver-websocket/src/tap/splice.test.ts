import { type Duplex, duplexPair } from 'node:stream'

import { type FakeClock, fakeClock } from '@spanloom/core/testing'
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'

import { encoded, type Frame } from '../../test/harness/frames.ts'
import { closeFrame } from './frame-scanner.ts'
import { type Splice, splice } from './splice.ts'

/** A spliced connection between two far ends, and what was seen of it. */
interface Line {
  readonly server: Duplex
  readonly client: Duplex
  readonly clock: FakeClock
  readonly joined: Splice
  /** Everything that happened, in its order. */
  readonly log: string[]
  /** Bytes on their way to the client whenever a message of the server was looked at. */
  readonly underWay: number[]
}

function open(maxBytes = 1_000_000): Line {
  const [server, serverSide] = duplexPair()
  const [client, clientSide] = duplexPair()
  const clock = fakeClock()
  const log: string[] = []
  const underWay: number[] = []
  const joined = splice(
    serverSide,
    clientSide,
    { maxBytes, clock },
    {
      fromServer: (data) => {
        log.push(`server says ${data.toString('hex')}`)
        underWay.push(clientSide.writableLength)
      },
      fromClient: (data) => void log.push(`client says ${data.toString('hex')}`),
      tooLarge: () => void log.push('too large'),
      unreadable: () => void log.push('unreadable'),
      closed: () => void log.push('closed'),
    },
  )
  for (const end of [server, client]) end.on('error', () => undefined)
  return { server, client, clock, joined, log, underWay }
}

/** Collects what arrives at a far end. */
function heardBy(end: Duplex): () => Buffer {
  const chunks: Buffer[] = []
  end.on('data', (chunk: Buffer) => chunks.push(chunk))
  return () => Buffer.concat(chunks)
}

const text = (payload: string | Buffer, last = true): Frame => ({
  opcode: 1,
  last,
  payload: Buffer.from(payload),
})
const mask = 0x1234_5678

const frame = fc.oneof(
  fc.uint8Array({ maxLength: 300 }).map((bytes) => [{ opcode: 2, last: true, payload: Buffer.from(bytes) }]),
  fc
    .constantFrom(8, 9, 10)
    .map((opcode) => [{ opcode, last: true, payload: Buffer.from('\u0003\u00e8x', 'latin1') }]),
  fc.integer({ min: 60_000, max: 70_000 }).map((size) => [text(Buffer.alloc(size, 'x'))]),
  fc
    .tuple(fc.string(), fc.string())
    .map(([one, other]): Frame[] => [
      text(one, false),
      { opcode: 9, last: true, payload: Buffer.from('hb') },
      { opcode: 0, last: true, payload: Buffer.from(other) },
    ]),
)
const cuts = fc.array(fc.integer({ min: 1, max: 30_000 }), { minLength: 1, maxLength: 5 })

function pieces(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const all: Buffer[] = []
  for (let at = 0; at < bytes.length;) {
    const size = sizes[all.length % sizes.length] ?? bytes.length
    all.push(Buffer.from(bytes.subarray(at, at + size)))
    at += size
  }
  return all
}

describe('splice', () => {
  it('passes every byte both ways as it came, however it was cut, and also what nobody can read', async () => {
    const side = fc.record({
      frames: fc.array(frame, { maxLength: 5 }),
      garbage: fc.uint8Array({ maxLength: 50 }),
      cuts,
    })
    await fc.assert(
      fc.asyncProperty(side, side, async (down, up) => {
        const { server, client, joined, log } = open()
        const [atServer, atClient] = [heardBy(server), heardBy(client)]
        const bytesOf = ({ frames, garbage }: typeof down, key: number | undefined): Buffer =>
          Buffer.concat([...frames.flat().map((each) => encoded(each, key)), garbage])
        const [sentDown, sentUp] = [bytesOf(down, undefined), bytesOf(up, mask)]
        // Garbage that looks like a frame beyond the limit ends the connection, as it should.
        for (const piece of pieces(sentDown, down.cuts)) server.write(piece)
        for (const piece of pieces(sentUp, up.cuts)) client.write(piece)
        await vi.waitUntil(
          () =>
            log.includes('too large') ||
            (atClient().length >= sentDown.length && atServer().length >= sentUp.length),
          { interval: 0 },
        )
        joined.cut()
        fc.pre(!log.includes('too large'))
        expect(atClient().equals(sentDown)).toBe(true)
        expect(atServer().equals(sentUp)).toBe(true)
      }),
      { numRuns: 150 },
    )
  })

  it('passes a message first and looks at it then', async () => {
    const { server, underWay } = open()
    server.write(encoded(text('hello'), undefined))
    await vi.waitUntil(() => underWay.length > 0)
    expect(underWay).toEqual([7])
  })

  it('stops reading from the one while the other does not take', async () => {
    const { server, client, log } = open()
    const bytes = encoded(text(Buffer.alloc(50_000, 'x')), undefined)
    let accepted = 0
    for (; accepted < 1000 && server.write(bytes); accepted++)
      await new Promise((resolve) => setImmediate(resolve))
    // Buffers on the way hold a few chunks, and then nothing moves any more.
    expect(accepted).toBeLessThan(20)
    const seen = log.length
    await new Promise((resolve) => setImmediate(resolve))
    expect(log.length).toBe(seen)
    // The other direction does not wait for this one.
    const atServer = heardBy(server)
    client.write(encoded(text('up'), mask))
    await vi.waitUntil(() => atServer().length > 0)
    const atClient = heardBy(client)
    await vi.waitUntil(() => atClient().length === bytes.length * (accepted + 1))
    expect(log.filter((each) => each.startsWith('server'))).toHaveLength(accepted + 1)
  })

  it('says why it ends to both, but never inside of a frame of theirs', async () => {
    const { server, client, clock, log } = open(100)
    const [atServer, atClient] = [heardBy(server), heardBy(client)]
    const half = encoded(text('a long story'), mask).subarray(0, 9)
    client.write(half)
    await vi.waitUntil(() => atServer().length === half.length)
    const small = encoded(text('small'), undefined)
    server.write(Buffer.concat([small, encoded(text(Buffer.alloc(101)), undefined)]))
    await vi.waitUntil(() => client.readableEnded && server.readableEnded)
    await clock.advance(2_000)
    await vi.waitUntil(() => log.includes('closed'))
    expect(atClient().toString('hex')).toBe(Buffer.concat([small, closeFrame(1009, false)]).toString('hex'))
    expect(atServer().equals(half)).toBe(true)
    expect(log).toEqual([`too large`, `server says ${Buffer.from('small').toString('hex')}`, 'closed'])
  })

  it('goes on passing what cannot be read, and says so once', async () => {
    const { server, client, log } = open()
    const atClient = heardBy(client)
    const strange = Buffer.from([0xc1, 1, 0, 0xc1, 1, 0])
    server.write(strange)
    server.write(strange)
    await vi.waitUntil(() => atClient().length === 12)
    expect(log).toEqual(['unreadable'])
  })

  it('passes the end of one side on, what was still to come included', async () => {
    const { server, client, log } = open()
    const [atServer, atClient] = [heardBy(server), heardBy(client)]
    const last = encoded(text('last words'), mask)
    server.end(encoded(text('bye'), undefined))
    await vi.waitUntil(() => client.readableEnded)
    client.end(last)
    await vi.waitUntil(() => log.includes('closed'))
    expect(atServer().equals(last)).toBe(true)
    expect(atClient().length).toBe(5)
  })

  it('cuts off who does not hear a farewell', async () => {
    const { server, client, clock, joined, log } = open()
    const [atServer, atClient] = [heardBy(server), heardBy(client)]
    joined.end(1001)
    await vi.waitUntil(() => client.readableEnded && server.readableEnded)
    expect(atClient().toString('hex')).toBe(closeFrame(1001, false).toString('hex'))
    expect(atServer().length).toBe(closeFrame(1001, true).length)
    expect(log).toEqual([])
    await clock.advance(2_000)
    await vi.waitUntil(() => log.includes('closed'))
  })
})
