import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'

import { encodeAttributes, parseOtlpJson, systemClock, Traces } from '@spanloom/core'
import { createComponent, testHost } from '@spanloom/core/testing'
import { fileStorageExtension } from '@spanloom/extension-storage'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'

import { command, type Outcome } from './command.ts'
import { tracesOf } from './otlp-sender.ts'

vi.setConfig({ testTimeout: 30_000 })

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'spanloom-queue-verb-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

const spansOf = (name: string, count: number): Traces =>
  tracesOf(
    'shop',
    Array.from({ length: count }, (_, index) => ({
      traceId: 'a'.repeat(32),
      spanId: (index + 1).toString(16).padStart(16, '0'),
      name,
      startTime: 1n,
      endTime: 2n,
    })),
  )

const running = async () => {
  const extension = createComponent(
    fileStorageExtension,
    { directory, min_free_disk: 0, ballast: 0 },
    { clock: systemClock },
  )
  await extension.start(testHost())
  return extension
}

/** Leaves five entries: two pending, two dead letters, and one with a body that nobody can read. */
async function fill(id = 'otlp_http/eu'): Promise<void> {
  const extension = await running()
  const { queue } = await extension.storage.open({ kind: 'exporter', id })
  const metadata = new Map([['x-tenant', ['blue']]])
  const gzipped = encodeAttributes({ format: 'application/x-protobuf gzip', metadata })
  const plain = encodeAttributes({ format: 'application/x-protobuf' })
  const strange = encodeAttributes({ format: 'application/parquet' })
  type Pack = (body: Uint8Array) => Uint8Array
  const pressed: Pack = (body) => gzipSync(body)
  const add = (name: string, spans: number, attributes = gzipped, pack = pressed) => ({
    destination: 0,
    items: spans,
    body: pack(spansOf(name, spans).toProtobuf()),
    ...(attributes === undefined ? {} : { attributes }),
  })
  const asIs: Pack = (body) => body
  await queue.append([
    add('first', 1),
    add('second', 2),
    add('third', 30),
    add('fourth', 4, plain, asIs),
    add('fifth', 5, strange),
  ])
  await queue.retry(2, Date.UTC(2030, 0, 1), 14, 'connection refused\u001b[31m')
  for (const [dead, reason] of [
    [3, 'permanent_error: 400'],
    [4, 'retries_exhausted: 503'],
  ] as const) {
    await queue.retry(dead, Date.UTC(2026, 5, 1))
    await queue.dead(dead, reason)
  }
  await extension.shutdown(AbortSignal.timeout(5_000))
}

const queue = (...args: string[]): Promise<Outcome> => command(['queue', ...args, '--directory', directory])
const json = async (...args: string[]): Promise<unknown> =>
  JSON.parse((await queue(...args, '--format', 'json')).stdout)

test('says which verbs there are', async () => {
  expect(await command(['queue'])).toEqual({
    code: 1,
    stdout: '',
    stderr: 'Error: say what to do with the queue (There are ls, show, retry, drop and export.)\n',
  })
  expect((await command(['queue', 'sl'])).stderr).toContain('got 1: sl')
  expect((await command(['queue', '--help'])).stdout).toContain('Have dead letters sent again')
})

describe('ls', () => {
  test('sums up all queues', async () => {
    await fill()
    await fill('otlp_grpc')
    const { code, stdout } = await queue('ls')
    expect(code).toBe(0)
    expect(stdout.split('\n').map((line) => line.split(/ {2,}/).slice(0, 5))).toEqual([
      ['EXPORTER', 'PENDING', 'SPANS', 'BYTES', 'DEAD'],
      ['otlp_grpc', '3', '8', expect.any(String), '2'],
      ['otlp_http/eu', '3', '8', expect.any(String), '2'],
      [''],
    ])
    expect(await json('ls')).toMatchObject([
      { exporter: 'otlp_grpc', pending: 3, pending_spans: 8, dead_letters: 2 },
      { exporter: 'otlp_http/eu', path: join(directory, 'exporter_otlp_http_eu.db') },
    ])
  })

  test('lists the entries of one, without foreign control characters', async () => {
    await fill()
    const { stdout } = await queue('ls', '--exporter', 'otlp_http/eu')
    expect(stdout.split('\n')[0]).toMatch(
      /^ID +STATE +SPANS +BYTES +ATTEMPTS +CREATED +DUE OR GIVEN UP +ERROR$/,
    )
    expect(stdout).toMatch(/^ 2 +pending +2 +\d+ +1 .* connection refused \[31m$/m)
    expect(stdout).toMatch(/^ 3 +dead +30 +\d+ +1 .*2026-06-01T00:00:00.000Z +permanent_error: 400$/m)
    expect(stdout).not.toContain('\u001b')
    expect(await json('ls', '--exporter', 'otlp_http/eu', '--state', 'dead')).toEqual([
      expect.objectContaining({ id: 3, state: 'dead', given_up: '2026-06-01T00:00:00.000Z' }),
      expect.objectContaining({ id: 4, reason: 'retries_exhausted: 503' }),
    ])
  })

  test('shows no more than asked for, and says so', async () => {
    await fill()
    const { stdout } = await queue('ls', '--exporter', 'otlp_http/eu', '--limit', '2')
    expect(stdout.trimEnd().split('\n')).toHaveLength(4)
    expect(stdout).toContain('--limit 0 shows all')
    expect(await json('ls', '--exporter', 'otlp_http/eu', '--limit', '0')).toHaveLength(5)
  })

  test('finds the queues of a configuration', async () => {
    await fill()
    const config = {
      receivers: { nop: null },
      exporters: {
        'otlp_http/eu': { endpoint: 'http://localhost:4318', sending_queue: { storage: 'file_storage' } },
        'otlp_http/us': { endpoint: 'http://localhost:4318', sending_queue: { storage: 'file_storage' } },
        'otlp_http/memory': { endpoint: 'http://localhost:4318' },
      },
      extensions: { file_storage: { directory } },
      service: {
        extensions: ['file_storage'],
        pipelines: {
          traces: { receivers: ['nop'], exporters: ['otlp_http/eu', 'otlp_http/us', 'otlp_http/memory'] },
        },
      },
    }
    const source = `yaml:${JSON.stringify(config)}`
    const all = await command(['queue', 'ls', '--config', source, '--format', 'json'])
    expect(JSON.parse(all.stdout)).toMatchObject([{ exporter: 'otlp_http/eu', pending: 3 }])
    const one = await command(['queue', 'ls', '--config', source, '--exporter', 'otlp_http/memory'])
    expect(one).toMatchObject({ code: 1, stdout: '' })
    expect(one.stderr).toBe(
      'Error: the configuration has no stored queue of an exporter "otlp_http/memory"\n',
    )
  })
})

describe('show', () => {
  test('tells what an entry holds', async () => {
    await fill()
    const { stdout } = await queue('show', '3')
    expect(stdout).toMatch(/^reason +permanent_error: 400$/m)
    expect(stdout).toMatch(/^metadata +\{"x-tenant":\["blue"\]\}$/m)
    expect(stdout).toMatch(/^a{32} {2}0{15}1 {2}shop {2}third$/m)
    expect(stdout).toContain('… 10 more')
    const shown = await json('show', '4')
    expect(shown).toMatchObject({ id: 4, state: 'dead', body: 'application/x-protobuf' })
    expect(JSON.stringify(shown)).toContain('"name":"fourth"')
  })

  test('tells that a body cannot be read here', async () => {
    await fill()
    const { code, stdout } = await queue('show', '5')
    expect(code).toBe(0)
    expect(stdout).toContain('a body of the form application/parquet cannot be read here')
    expect(await queue('show', '99')).toMatchObject({ code: 1, stderr: 'Error: the queue has no entry 99\n' })
    expect((await queue('show', 'x')).stderr).toContain('"x" is no id of an entry.')
  })
})

describe('retry and drop', () => {
  test('has dead letters sent again', async () => {
    await fill()
    expect(await queue('retry', '3')).toMatchObject({
      code: 0,
      stdout: '1 entry with 30 spans will be sent again.\n',
    })
    expect(await json('retry', '--all')).toEqual({ ids: [4], spans: 4 })
    expect(await json('ls')).toMatchObject([{ pending: 5, dead_letters: 0 }])
  })

  test('changes nothing when one id is wrong', async () => {
    await fill()
    expect(await queue('retry', '3', '1')).toMatchObject({ code: 1 })
    expect(await queue('drop', '3', '77', '78')).toMatchObject({
      code: 1,
      stderr: 'Error: the queue has no entry 77, 78\n',
    })
    expect((await queue('drop')).stderr).toContain('name the entries by their ids')
    expect((await queue('drop', '1', '--all')).code).toBe(1)
    expect(await json('ls')).toMatchObject([{ pending: 3, dead_letters: 2 }])
  })

  test('removes pending entries only by their ids', async () => {
    await fill()
    expect(await json('drop', '--all')).toEqual({ ids: [3, 4], spans: 34 })
    expect(await json('drop', '5', '5')).toEqual({ ids: [5], spans: 5 })
    expect(await json('ls', '--exporter', 'otlp_http/eu')).toMatchObject([{ id: 1 }, { id: 2 }])
  })
})

describe('export', () => {
  test('writes lines of OTLP JSON, and goes on after an entry that it cannot read', async () => {
    await fill()
    const { code, stdout, stderr } = await queue('export')
    const names = stdout
      .trimEnd()
      .split('\n')
      .map((line) => Array.from(parseOtlpJson(line).spans(), ({ name }) => name)[0])
    expect(names).toEqual(['first', 'second', 'third', 'fourth'])
    expect(code).toBe(1)
    expect(stderr).toContain('Entry 5 was not written')

    const file = join(directory, 'out.jsonl')
    expect(await queue('export', '4', '--to', file)).toMatchObject({
      code: 0,
      stdout: `1 entry written to ${file}.\n`,
    })
    expect(readFileSync(file, 'utf8')).toContain('fourth')
  })

  test('writes bodies as they would be sent, and removes nothing', async () => {
    await fill()
    const to = join(directory, 'bodies')
    expect((await queue('export', '--as', 'raw')).stderr).toContain('--to')
    expect((await queue('export', '--as', 'raw', '--to', to)).code).toBe(0)
    expect(readdirSync(to).toSorted()).toEqual(['1.pb.gz', '2.pb.gz', '3.pb.gz', '4.pb', '5.bin'])
    const third = Traces.fromProtobuf(gunzipSync(readFileSync(join(to, '3.pb.gz'))))
    expect(third.spanCount).toBe(30)
    expect(await json('ls')).toMatchObject([{ pending: 3, dead_letters: 2 }])
  })
})

describe('which queue', () => {
  test('is asked for when there are several, or none', async () => {
    expect(await queue('show', '1')).toMatchObject({ code: 1, stderr: 'Error: there is no stored queue\n' })
    await fill()
    await fill('otlp_grpc')
    expect((await queue('show', '1')).stderr).toBe(
      'Error: there are several queues: otlp_grpc, otlp_http/eu (Name one with --exporter.)\n',
    )
    expect((await queue('show', '1', '--exporter', 'otlp_grpc')).code).toBe(0)
    expect((await queue('ls', '--exporter', 'nobody')).stderr).toContain('there is no queue at')
    expect((await command(['queue', 'ls'])).stderr).toContain('--directory or with --config')
  })

  test('OUT-09: must not be in use', async () => {
    await fill()
    const extension = await running()
    await extension.storage.open({ kind: 'exporter', id: 'otlp_http/eu' })
    const { code, stderr } = await queue('ls')
    await extension.shutdown(AbortSignal.timeout(5_000))
    expect(code).toBe(1)
    expect(stderr).toMatch(
      /^Error: queue .*exporter_otlp_http_eu\.db is in use by another process \(Stop the collector/,
    )
  })
})
