import { gzipSync, zstdCompressSync } from 'node:zlib'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { peakMemoryOf } from './memory-of.ts'
import { overHttp, pipelines } from './pipelines.ts'
import type { RunningProcess } from './process.ts'
import { exchange, requestHead } from './raw-connection.ts'
import { everyField, everyFieldTraces } from './sample-document.ts'
import { addressOf, startSpanloom } from './spanloom.ts'
import { temporaryFolder, tracesIn } from './trace-files.ts'

const json = 'application/json'
const protobuf = 'application/x-protobuf'
const mebibyte = 1024 * 1024
/** A fresh process has about 130 MiB, and four threads of zlib may each hold a body of the greatest size. */
const memoryLimit = 512

const resources = new AsyncDisposableStack()
const folder = resources.use(temporaryFolder())
let spanloom: RunningProcess
let address: string
let healthy = 0

beforeAll(async () => {
  const config = pipelines({ all: { from: { otlp: overHttp() }, to: { file: { path: 'out.json' } } } })
  spanloom = resources.use(await startSpanloom({ dir: folder.path, config }))
  address = addressOf(spanloom, 'otlp', 'HTTP')
}, 60_000)

afterAll(() => resources.disposeAsync())

/** The command is alive, has not grown beyond its limit, and takes what is right. */
async function expectHealthy(): Promise<void> {
  expect(await post(json, JSON.stringify(everyField))).toMatchObject({ status: 200 })
  healthy++
  expect(await peakMemoryOf(spanloom.pid)).toBeLessThan(memoryLimit)
}

function post(type: string, body: string | Uint8Array, encoding?: string) {
  const bytes = Buffer.from(body)
  const head = requestHead({
    ...(type === '' ? {} : { 'content-type': type }),
    ...(encoding === undefined ? {} : { 'content-encoding': encoding }),
    'content-length': String(bytes.length),
  })
  return exchange(address, head, bytes)
}

type Row = readonly [name: string, type: string, body: () => string | Uint8Array, encoding?: string]

function hostile(rows: readonly Row[]) {
  return rows.map(([name, type, body, encoding]) => ({ name, type, body, encoding }))
}

/** A document with a good span in front of one that differs from it as told. */
const withSecond = (changes: object): string => {
  const good = {
    traceId: '5b8efff798038103d269b633813fc60c',
    spanId: 'eee19b7ec3c1b174',
    name: 'PARTIAL',
    startTimeUnixNano: '1',
    endTimeUnixNano: '2',
  }
  return JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [good, { ...good, ...changes }] }] }] })
}
const nested = (value: string): string =>
  withSecond({ attributes: [{ key: 'deep', value: 'DEEP' }] }).replace('"DEEP"', value)

const good = everyFieldTraces.toProtobuf()
const bomb = Buffer.alloc(16 * mebibyte)
const times = (count: number, bytes: Buffer): Buffer =>
  Buffer.concat(Array.from({ length: count }, () => bytes))

/** Bodies that are not what their headers say. */
const unreadable = hostile([
  ['noise as protobuf', protobuf, () => Buffer.alloc(100_000, 0xff)],
  ['protobuf that was cut off', protobuf, () => good.subarray(0, -1)],
  ['protobuf with noise behind it', protobuf, () => Buffer.concat([good, Buffer.of(0xff)])],
  ['a length beyond the end', protobuf, () => Buffer.from('0affffffff7f', 'hex')],
  ['a negative length', protobuf, () => Buffer.from('0affffffffffffffffff01', 'hex')],
  ['20 MiB of groups', protobuf, () => Buffer.alloc(20 * mebibyte, 0x0b)],
  ['100,000 levels in a protobuf attribute', protobuf, () => nestedProtobuf(100_000)],
  ['a trace id of 15 bytes', protobuf, () => withIds(15, 8)],
  ['a span id of 9 bytes', protobuf, () => withIds(16, 9)],
  ['JSON as protobuf', protobuf, () => JSON.stringify(everyField)],
  ['protobuf as JSON', json, () => good],
  ['JSON that was cut off', json, () => JSON.stringify(everyField).slice(0, -1)],
  ['JSON in UTF-16', json, () => Buffer.from(JSON.stringify(everyField), 'utf16le')],
  ['100,000 levels of lists', json, () => '['.repeat(100_000) + ']'.repeat(100_000)],
  ['20 MiB of brackets', json, () => '['.repeat(20 * mebibyte)],
  ['100,000 levels of objects', json, () => '{"a":'.repeat(100_000) + '1' + '}'.repeat(100_000)],
  ['100,000 levels in an unknown field', json, () => `{"x":${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
  [
    '100,000 levels in an attribute',
    json,
    () => nested('{"arrayValue":{"values":['.repeat(100_000) + ']}}'.repeat(100_000)),
  ],
  ['a trace id of 31 digits', json, () => withSecond({ traceId: 'a'.repeat(31) })],
  ['a span id of 17 digits', json, () => withSecond({ spanId: 'a'.repeat(17) })],
  ['an id that is no hex', json, () => withSecond({ spanId: 'xyz'.padEnd(16, '0') })],
  ['an id that is a list', json, () => withSecond({ spanId: ['eee19b7ec3c1b174'] })],
  ['a time beyond 64 bits', json, () => withSecond({ startTimeUnixNano: '99999999999999999999999' })],
  ['spans that are an object', json, () => '{"resourceSpans":[{"scopeSpans":[{"spans":{"length":9}}]}]}'],
  ['gzip that was cut off', protobuf, () => gzipSync(good).subarray(0, -9), 'gzip'],
  [
    'gzip with a wrong checksum',
    protobuf,
    () => Buffer.concat([gzipSync(good).subarray(0, -8), Buffer.alloc(8)]),
    'gzip',
  ],
  ['no gzip', protobuf, () => good, 'gzip'],
  ['zstd that was cut off', protobuf, () => zstdCompressSync(good).subarray(0, -3), 'zstd'],
  ['zstd that asks for a window of 4 TiB', protobuf, () => Buffer.from('28b52ffd00f8010000', 'hex'), 'zstd'],
  ['an encoding inside an encoding', protobuf, () => gzipSync(gzipSync(good)), 'gzip, gzip'],
  ['an unknown encoding', protobuf, () => good, 'br'],
])

/** Bodies that are small, and large once they are decompressed. */
const bombs = hostile([
  ['1 GiB as members of a gzip file', protobuf, () => times(64, gzipSync(bomb)), 'gzip'],
  ['64 MiB of gzip', protobuf, () => gzipSync(times(4, bomb)), 'gzip'],
  ['1 GiB as frames of zstd', protobuf, () => times(64, zstdCompressSync(bomb)), 'zstd'],
  ['256 MiB of zstd', protobuf, () => zstdCompressSync(times(16, bomb)), 'zstd'],
])

describe('a body that cannot be read is 400, and no part of it is taken', () => {
  test.each(unreadable)('$name', async ({ type, body, encoding }) => {
    const { status, text } = await post(type, body(), encoding)

    expect(status).toBe(400)
    expect(text).toContain(`Content-Type: ${type}`)
    await expectHealthy()
  })
})

describe('a body above the limit is 413', () => {
  test.each(bombs)('$name', async ({ type, body, encoding }) => {
    expect(await post(type, body(), encoding)).toMatchObject({ status: 413 })
    await expectHealthy()
  })

  test('ten at once', async () => {
    const bodies = [gzipSync(times(2, bomb)), zstdCompressSync(times(2, bomb))]
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        post(protobuf, bodies[index % 2] ?? '', index % 2 === 0 ? 'gzip' : 'zstd'),
      ),
    )

    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([413]))
    await expectHealthy()
  })
})

describe('a request of the wrong kind', () => {
  test.each(['text/plain', 'application/json5', 'application/x-protobuf-delimited', ''])(
    'has media type "%s" and is 415',
    async (type) => {
      expect(await post(type, JSON.stringify(everyField))).toMatchObject({ status: 415 })
      await expectHealthy()
    },
  )

  test.each(['/', '/v1/logs', '/v1/traces/', '/v1/../v1/traces', '/%00', '/v1/traces%2f'])(
    'goes to %s and is 404',
    async (path) => {
      const head = requestHead({ 'content-type': json, 'content-length': '2' }).replace('/v1/traces', path)

      expect(await exchange(address, head, '{}')).toMatchObject({ status: 404 })
      await expectHealthy()
    },
  )
})

test('keys that objects of JavaScript treat specially are names like any other', async () => {
  const document = withSecond({ name: 'special' }).replace('PARTIAL', 'special')
  const special = document
    .replace('"name"', '"__proto__":{"name":"x"},"constructor":{"prototype":{"name":"x"}},"name"')
    .replace('{"resourceSpans"', '{"__proto__":{"polluted":true},"resourceSpans"')

  expect(await post(json, special)).toMatchObject({ status: 200 })
  await expectHealthy()
})

test('nothing but the healthy requests was taken, and the command ends well', async () => {
  expect(await spanloom.stop()).toEqual({ code: 0, signal: null })

  const spans = Array.from((await tracesIn(folder.file('out.json'))).spans())
  expect(spans.filter(({ name }) => name === 'special')).toHaveLength(2)
  expect(spans.filter(({ name }) => name === 'PARTIAL')).toEqual([])
  expect(spans).toHaveLength(healthy * everyFieldTraces.spanCount + 2)
  expect(spanloom.stderr()).not.toMatch(/\terror\t/)
})

/** A span with an attribute whose value is a list in a list, so many times. */
function nestedProtobuf(levels: number): Buffer {
  const heads: Buffer[] = []
  let length = 0
  const wrapIn = (...tags: readonly number[]): void => {
    for (const tag of tags) {
      const head = Buffer.from([tag, ...varint(length)])
      heads.push(head)
      length += head.length
    }
  }
  // The values of an ArrayValue hold an AnyValue, whose array_value is an ArrayValue.
  for (let level = 0; level < levels; level++) wrapIn(0x0a, 0x2a)
  wrapIn(0x12, 0x4a, 0x12, 0x12, 0x0a)
  return Buffer.concat([good, ...heads.toReversed()])
}

function withIds(traceIdBytes: number, spanIdBytes: number): Buffer {
  const ids = [field(0x0a, Buffer.alloc(traceIdBytes, 1)), field(0x12, Buffer.alloc(spanIdBytes, 1))]
  const second = field(0x0a, field(0x12, field(0x12, ...ids)))
  return Buffer.concat([good, second])
}

/** A field that holds bytes: its tag, its length, its content. */
function field(tag: number, ...content: readonly Buffer[]): Buffer {
  const body = Buffer.concat(content)
  return Buffer.concat([Buffer.from([tag, ...varint(body.length)]), body])
}

function varint(number: number): readonly number[] {
  return number < 0x80 ? [number] : [(number & 0x7f) | 0x80, ...varint(number >>> 7)]
}
