import { once } from 'node:events'
import { type ClientHttp2Session, connect, constants } from 'node:http2'
import { buffer } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { peakMemoryOf } from './memory-of.ts'
import { overGrpc, pipelines } from './pipelines.ts'
import type { RunningProcess } from './process.ts'
import { exchange } from './raw-connection.ts'
import { everyFieldTraces } from './sample-document.ts'
import { addressOf, startSpanloom } from './spanloom.ts'
import { temporaryFolder, tracesIn } from './trace-files.ts'

const mebibyte = 1024 * 1024
const memoryLimit = 512
const exportPath = '/opentelemetry.proto.collector.trace.v1.TraceService/Export'
const good = Buffer.from(everyFieldTraces.toProtobuf())

const resources = new AsyncDisposableStack()
const folder = resources.use(temporaryFolder())
let spanloom: RunningProcess
let address: string
let healthy = 0

beforeAll(async () => {
  const config = pipelines({ all: { from: { otlp: overGrpc() }, to: { file: { path: 'out.json' } } } })
  spanloom = resources.use(await startSpanloom({ dir: folder.path, config }))
  address = addressOf(spanloom, 'otlp', 'GRPC')
}, 60_000)

afterAll(() => resources.disposeAsync())

/** The command is alive, has not grown beyond its limit, and takes what is right. */
async function expectHealthy(): Promise<void> {
  expect(await call(frame(good))).toMatchObject({ grpcStatus: 0 })
  healthy++
  expect(await peakMemoryOf(spanloom.pid)).toBeLessThan(memoryLimit)
}

/** A gRPC message: whether it is compressed, its length, its bytes. */
function frame(message: Buffer, { compressed = false, length = message.length } = {}): Buffer {
  const head = Buffer.alloc(5)
  head.writeUInt8(compressed ? 1 : 0)
  head.writeUInt32BE(length, 1)
  return Buffer.concat([head, message])
}

interface Answer {
  readonly httpStatus: number | undefined
  readonly grpcStatus: number | undefined
}

/** Sends the bytes of a call as they are, over a connection of its own. */
async function call(bytes: Buffer, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
  // A client may hold little of what it sends unless it is told otherwise.
  const session = connect(`http://${address}`, { maxSessionMemory: 100 })
  session.on('error', () => undefined)
  try {
    return await callOn(session, bytes, headers)
  } finally {
    session.destroy()
  }
}

async function callOn(
  session: ClientHttp2Session,
  bytes: Buffer,
  headers: Readonly<Record<string, string>>,
): Promise<Answer> {
  const stream = session.request({
    ':method': 'POST',
    ':path': exportPath,
    'content-type': 'application/grpc',
    te: 'trailers',
    ...headers,
  })
  const all: Record<string, unknown> = {}
  stream.on('response', (head) => Object.assign(all, head))
  stream.on('trailers', (trailers) => Object.assign(all, trailers))
  stream.on('error', () => undefined)
  stream.end(bytes)
  await buffer(stream).catch(() => undefined)
  return { httpStatus: numberOf(all[':status']), grpcStatus: numberOf(all['grpc-status']) }
}

const numberOf = (value: unknown): number | undefined => (value === undefined ? undefined : Number(value))

const gzip = { 'grpc-encoding': 'gzip' }

describe('a call', () => {
  test.each<readonly [string, () => Buffer, Record<string, string>, number]>([
    ['with noise', () => frame(Buffer.alloc(1000, 0xff)), {}, 3],
    ['with a message that was cut off', () => frame(good.subarray(0, -1)), {}, 3],
    [
      'with a trace id of 15 bytes',
      () => frame(Buffer.from('0a15121312110a0f'.padEnd(46, '1'), 'hex')),
      {},
      3,
    ],
    ['of 20 MiB and one byte', () => frame(Buffer.alloc(20 * mebibyte + 1)), {}, 8],
    ['that announces 4 GiB', () => frame(good, { length: 0xffff_ffff }), {}, 8],
    ['with a gzip bomb', () => frame(gzipSync(Buffer.alloc(64 * mebibyte)), { compressed: true }), gzip, 8],
    [
      'with gzip that was cut off',
      () => frame(gzipSync(good).subarray(0, -9), { compressed: true }),
      gzip,
      13,
    ],
    ['with no gzip', () => frame(good, { compressed: true }), gzip, 13],
    ['in an unknown encoding', () => frame(good, { compressed: true }), { 'grpc-encoding': 'zstd' }, 12],
    ['of two messages', () => Buffer.concat([frame(good), frame(good)]), {}, 12],
    ['of no message', () => Buffer.alloc(0), {}, 12],
    ['of half a message', () => frame(good, { length: good.length * 2 }), {}, 12],
    ['to an unknown method', () => frame(good), { ':path': `${exportPath}s` }, 12],
    [
      'to the metrics service',
      () => frame(good),
      { ':path': '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export' },
      12,
    ],
  ])('%s is refused', async (_case, bytes, headers, expected) => {
    const answer = await call(bytes(), headers)

    expect(answer.grpcStatus).toBe(expected)
    await expectHealthy()
  })

  test('of another media type is 415', async () => {
    expect(await call(frame(good), { 'content-type': 'application/json' })).toMatchObject({ httpStatus: 415 })
    await expectHealthy()
  })
})

describe('a connection', () => {
  test.each([
    ['of HTTP/1.1', 'POST /v1/traces HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}'],
    ['of noise', Buffer.alloc(100_000, 0xf1)],
    ['with noise behind the preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'.padEnd(10_000, 'x')],
  ])('%s is closed', async (_case, bytes) => {
    const { text } = await exchange(address, bytes)

    expect(text).not.toContain('HTTP/1.1 200')
    await expectHealthy()
  })

  test('whose calls are all reset at once costs nothing', async () => {
    const session = connect(`http://${address}`)
    session.on('error', () => undefined)
    for (let index = 0; index < 2000; index++) {
      const stream = session.request({
        ':method': 'POST',
        ':path': exportPath,
        'content-type': 'application/grpc',
      })
      stream.on('error', () => undefined)
      stream.close(constants.NGHTTP2_CANCEL)
    }
    await new Promise((resolve) => session.ping(resolve))
    session.destroy()

    expect(await peakMemoryOf(spanloom.pid)).toBeLessThan(memoryLimit)
    await expectHealthy()
  })
})

test('nothing but whole calls was taken, and the command ends well with connections open', async () => {
  const idle = connect(`http://${address}`)
  idle.on('error', () => undefined)
  await once(idle, 'connect')

  expect(await spanloom.stop({ timeoutMs: 10_000 })).toEqual({ code: 0, signal: null })
  idle.destroy()
  const { spanCount } = await tracesIn(folder.file('out.json'))
  expect(spanCount).toBe(healthy * everyFieldTraces.spanCount)
  expect(spanloom.stderr()).not.toMatch(/\terror\t/)
})
