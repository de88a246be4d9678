import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { peakMemoryOf } from './memory-of.ts'
import { overHttp, pipelines } from './pipelines.ts'
import type { RunningProcess } from './process.ts'
import { exchange, RawConnection, requestHead } from './raw-connection.ts'
import { everyField, everyFieldTraces } from './sample-document.ts'
import { sendJson } from './send-traces.ts'
import { addressOf, startSpanloom } from './spanloom.ts'
import { temporaryFolder, tracesIn } from './trace-files.ts'

const json = { 'content-type': 'application/json' }
const document = Buffer.from(JSON.stringify(everyField))
const mebibyte = 1024 * 1024
const memoryLimit = 512

const resources = new AsyncDisposableStack()
const folder = resources.use(temporaryFolder())
let spanloom: RunningProcess
let address: string
let impatient: string
let healthy = 0

beforeAll(async () => {
  const limits = { read_header_timeout: '400ms', read_timeout: '800ms' }
  const from = { otlp: overHttp(), 'otlp/impatient': overHttp(undefined, limits) }
  const config = pipelines({ all: { from, to: { file: { path: 'out.json' } } } })
  spanloom = resources.use(await startSpanloom({ dir: folder.path, config }))
  address = addressOf(spanloom, 'otlp', 'HTTP')
  impatient = addressOf(spanloom, 'otlp/impatient', 'HTTP')
}, 60_000)

afterAll(() => resources.disposeAsync())

/** The command is alive, has not grown beyond its limit, and takes what is right. */
async function expectHealthy(): Promise<void> {
  expect(await sendJson(address, document)).toBe(200)
  healthy++
  expect(await peakMemoryOf(spanloom.pid)).toBeLessThan(memoryLimit)
}

const chunk = (size: number): string => `${size.toString(16)}\r\n${' '.repeat(size)}\r\n`

describe('a body above the limit', () => {
  test.each([
    ['is refused by its length alone', { 'content-length': String(20 * mebibyte + 1) }],
    ['is refused although it would take days', { 'content-length': '9007199254740991' }],
    ['is not asked for', { 'content-length': '999999999', expect: '100-continue' }],
  ])('%s', async (_case, headers) => {
    using connection = await RawConnection.open(address)
    await connection.send(requestHead({ ...json, ...headers }))

    const { status, text } = await connection.head()

    expect(status).toBe(413)
    expect(text).not.toContain('100 Continue')
    await expectHealthy()
  })

  test('is refused in the middle of endless chunks', async () => {
    using connection = await RawConnection.open(address)
    await connection.send(requestHead({ ...json, 'transfer-encoding': 'chunked' }))
    for (let sent = 0; sent <= 21; sent++) await connection.send(chunk(mebibyte))

    expect(await connection.head()).toMatchObject({ status: 413 })
    await expectHealthy()
  })
})

describe('a request that is none', () => {
  const length = { 'content-length': String(document.length) }
  const post = 'POST /v1/traces HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n'
  test.each([
    ['noise', Buffer.alloc(10_000, 0xf1), 400],
    ['the hello of TLS', Buffer.from('16030100f4010000f00303'.padEnd(500, '0'), 'hex'), 400],
    ['a line without an end', 'POST /'.padEnd(20_000, 'a'), 431],
    ['headers of 20 kB', requestHead({ ...json, ...length, 'x-large': 'a'.repeat(20_000) }), 431],
    ['two lengths', `${post}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} `, 400],
    ['a length and chunks', `${post}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 400],
    ['a negative length', `${post}Content-Length: -1\r\n\r\n`, 400],
    ['a length that is no number', `${post}Content-Length: 1e3\r\n\r\n`, 400],
    ['a line break inside a header', `${post}X-A: b\rX-C: d\r\nContent-Length: 2\r\n\r\n{}`, 400],
    ['no host', 'POST /v1/traces HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}', 400],
    ['chunks of no size', `${post}Transfer-Encoding: chunked\r\n\r\nxyz\r\n`, 400],
  ])('is refused: %s', async (_case, bytes, expected) => {
    const { status } = await exchange(address, bytes)

    expect(status).toBe(expected)
    await expectHealthy()
  })

  test('is refused: a chunk whose extension never ends', async () => {
    using connection = await RawConnection.open(address)
    await connection.send(requestHead({ ...json, 'transfer-encoding': 'chunked' }))
    await connection.send(`1;${'a'.repeat(20_000)}`)

    expect(await connection.answer()).toMatchObject({ status: 413 })
    await expectHealthy()
  })
})

describe('a slow sender', () => {
  test('is cut off while it sends its headers', async () => {
    using connection = await RawConnection.open(impatient)
    await connection.send('POST /v1/traces HTTP/1.1\r\nHost: a\r\nX-Slow:')
    await connection.send(' a')

    expect(await connection.answer()).toMatchObject({ status: 408 })
    await expectHealthy()
  })

  test('is cut off while it sends its body', async () => {
    using connection = await RawConnection.open(impatient)
    await connection.send(requestHead({ ...json, 'content-length': String(document.length) }))
    await connection.send(document.subarray(0, -1))

    expect(await connection.answer()).toMatchObject({ status: 408 })
    await expectHealthy()
  })

  test('that says nothing is cut off, too, and keeps nobody else waiting', async () => {
    const silent = await Promise.all(Array.from({ length: 200 }, () => RawConnection.open(impatient)))
    expect(await sendJson(impatient, document)).toBe(200)
    healthy++

    const answers = await Promise.all(silent.map((connection) => connection.answer()))

    expect(new Set(answers.map(({ text }) => text.slice(0, 12)))).toEqual(new Set(['HTTP/1.1 408']))
    await expectHealthy()
  })

  test('that goes away in the middle leaves nothing behind', async () => {
    for (const part of [0, 1, document.length - 1]) {
      using connection = await RawConnection.open(address)
      await connection.send(requestHead({ ...json, 'content-length': String(document.length) }))
      await connection.send(document.subarray(0, part))
    }
    expect(spanloom.stderr()).not.toContain('could not be handled')
    await expectHealthy()
  })
})

test('many requests in one go are answered in order', async () => {
  const one = requestHead({ ...json, connection: 'keep-alive', 'content-length': String(document.length) })
  const last = requestHead({ ...json, 'content-length': '1' })

  const all = Array.from({ length: 20 }, () => [one, document]).flat()

  const { text } = await exchange(address, ...all, last, '{')

  const codes = Array.from(text.matchAll(/HTTP\/1\.1 (\d+)/g), ([, code]) => code)
  expect(codes).toEqual([...Array.from({ length: 20 }, () => '200'), '400'])
  healthy += 20
})

test('nothing but whole requests was taken, and the command ends well with connections open', async () => {
  using _idle = await RawConnection.open(address)
  using halfway = await RawConnection.open(address)
  await halfway.send('POST /v1/traces HTTP/1.1\r\n')

  expect(await spanloom.stop({ timeoutMs: 10_000 })).toEqual({ code: 0, signal: null })
  const { spanCount } = await tracesIn(folder.file('out.json'))
  expect(spanCount).toBe(healthy * everyFieldTraces.spanCount)
  expect(spanloom.stderr()).not.toMatch(/\terror\t/)
})
