import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { seededRandom } from '@spanloom/core/testing'
import { parseOtlpJson, type Span, type SpanInit } from '@spanloom/core/traces'
import { expect, test, vi } from 'vitest'

import { bookOf, closedBooks } from './books.ts'
import { temporaryFolder } from './example-run.ts'
import { sendOverHttp, tracesOf } from './otlp-sender.ts'
import { type CliProcess, freePort, readySentence, startCli } from './process.ts'
import { startReloading } from './reloading.ts'

vi.setConfig({ testTimeout: 180_000 })

const origin = 1_767_225_600_000_000_000n
const idOf = (number: number): string => number.toString(16).padStart(16, '0')
const durationOf = (number: number): bigint => 1_000_000n * BigInt(number)

function half(number: number, which: 'start' | 'end'): SpanInit {
  const id = idOf(number)
  const ids = { traceId: id + id, spanId: id, name: `step ${number}` }
  return which === 'start'
    ? { ...ids, startTime: origin, attributes: { first: number } }
    : { ...ids, endTime: origin + durationOf(number), attributes: { second: number } }
}

/** An OTLP receiver, the assembler with a storage, and a file at the end. */
function configOf(folder: string, settle: string, endpoint = '127.0.0.1:0'): Config {
  return {
    receivers: { otlp: { protocols: { http: { endpoint } } } },
    processors: { span_assembly: { storage: 'file_storage', profiles: { default: { settle } } } },
    exporters: { file: { path: join(folder, 'spans.jsonl'), append: true } },
    extensions: { file_storage: { directory: folder, min_free_disk: 0, ballast: 0 } },
    service: {
      extensions: ['file_storage'],
      telemetry: { metrics: { level: 'none' } },
      pipelines: { traces: { receivers: ['otlp'], processors: ['span_assembly'], exporters: ['file'] } },
    },
  }
}

interface Config {
  readonly service: object
  readonly [section: string]: object
}

async function run(folder: string, settle = '200ms'): Promise<CliProcess> {
  const cli = startCli(['--config', `yaml:${JSON.stringify(configOf(folder, settle))}`])
  await cli.waitFor(readySentence)
  return cli
}

const endpointOf = ({ stderr }: CliProcess): string =>
  /Starting HTTP server.*"endpoint":"([^"]+)"/.exec(stderr())?.[1] ?? ''

/** Whether the process took the spans; one that was killed gives no answer. */
async function send(to: CliProcess | string, spans: readonly SpanInit[]): Promise<boolean> {
  const endpoint = typeof to === 'string' ? to : endpointOf(to)
  try {
    return (await sendOverHttp(endpoint, tracesOf('shop', spans))) === 200
  } catch {
    return false
  }
}

/** What the file holds, a line that a kill cut off left out. */
async function spansIn(folder: string): Promise<readonly Span[]> {
  const text = await readFile(join(folder, 'spans.jsonl'), 'utf8').catch(() => '')
  return text.split('\n').flatMap((line) => {
    try {
      return line === '' ? [] : [...parseOtlpJson(line).spans()]
    } catch {
      return []
    }
  })
}

/** Each span once, under its id; a second delivery has to be the same span. */
function byId(spans: readonly Span[]): ReadonlyMap<string, Span> {
  const found = new Map<string, Span>()
  for (const span of spans) {
    expect(span.bytes).toEqual((found.get(span.spanId) ?? span).bytes)
    found.set(span.spanId, span)
  }
  return found
}

test('EXP-47: starts that were acknowledged before kill -9 meet their ends after the restart', async () => {
  await using folder = await temporaryFolder()
  const random = seededRandom(47)
  const begun: number[] = []
  let made = 0
  for (let round = 0; round < 5; round++) {
    await using cli = await run(folder.path)
    const kill = setTimeout(() => cli.child.kill('SIGKILL'), 150 + random() * 500)
    const senders = Array.from({ length: 4 }, async () => {
      for (;;) {
        const numbers = Array.from({ length: 1 + Math.floor(random() * 20) }, () => ++made)
        if (
          !(await send(
            cli,
            numbers.map((number) => half(number, 'start')),
          ))
        )
          return
        begun.push(...numbers)
      }
    })
    await Promise.all(senders)
    clearTimeout(kill)
  }
  expect(begun.length).toBeGreaterThan(200)

  await using cli = await run(folder.path)
  for (let from = 0; from < begun.length; from += 100) {
    const ends = begun.slice(from, from + 100).map((number) => half(number, 'end'))
    expect(await send(cli, ends)).toBe(true)
  }
  await vi.waitFor(
    async () => expect(byId(await spansIn(folder.path)).size).toBeGreaterThanOrEqual(begun.length),
    { timeout: 30_000, interval: 100 },
  )

  const whole = byId(await spansIn(folder.path))
  for (const number of begun) {
    const span = whole.get(idOf(number))
    expect(span?.attributes).toEqual({ first: number, second: number, 'spanloom.fragments': 2 })
    expect((span?.endTimeUnixNano ?? 0n) - (span?.startTimeUnixNano ?? 0n)).toBe(durationOf(number))
  }
  cli.signal('SIGTERM')
  expect(await cli.exit).toBe(0)
})

test('EXP-47: kill -9 while spans leave loses none of them, and leaves no half of one', async () => {
  await using folder = await temporaryFolder()
  const random = seededRandom(48)
  const pairs = new Set<number>()
  let made = 0
  for (let round = 0; round < 5; round++) {
    await using cli = await run(folder.path, '20ms')
    const kill = setTimeout(() => cli.child.kill('SIGKILL'), 200 + random() * 600)
    const senders = Array.from({ length: 3 }, async () => {
      for (;;) {
        const number = ++made
        if (!(await send(cli, [half(number, 'start')])) || !(await send(cli, [half(number, 'end')]))) return
        pairs.add(number)
      }
    })
    await Promise.all(senders)
    clearTimeout(kill)
  }

  await using cli = await run(folder.path, '20ms')
  const arrived = async (): Promise<ReadonlyMap<string, Span>> => byId(await spansIn(folder.path))
  await vi.waitFor(
    async () => {
      const found = await arrived()
      expect([...pairs].filter((number) => !found.has(idOf(number)))).toEqual([])
    },
    { timeout: 30_000, interval: 100 },
  )
  const found = await arrived()
  for (const number of pairs) expect(found.get(idOf(number))?.attributes['spanloom.fragments']).toBe(2)
  cli.signal('SIGTERM')
  expect(await cli.exit).toBe(0)
})

test('a stop emits nothing, and the next start goes on', async () => {
  await using folder = await temporaryFolder()
  await using first = await run(folder.path, '10s')
  expect(await send(first, [half(1, 'start'), half(2, 'start'), half(2, 'end')])).toBe(true)
  first.signal('SIGTERM')
  expect(await first.exit).toBe(0)
  expect(await spansIn(folder.path)).toEqual([])

  await using second = await run(folder.path, '20ms')
  expect(second.stderr()).toContain('Open spans were found in the storage.')
  expect(await send(second, [half(1, 'end')])).toBe(true)
  await vi.waitFor(async () => expect(await spansIn(folder.path)).toHaveLength(2), { timeout: 20_000 })
  second.signal('SIGTERM')
  expect(await second.exit).toBe(0)
  const ends = (await spansIn(folder.path)).map((span) => span.endTimeUnixNano - origin)
  expect(new Set(ends)).toEqual(new Set([durationOf(1), durationOf(2)]))
})

test('a reload with other settings goes on with what is open, and the books close', async () => {
  await using folder = await temporaryFolder()
  const endpoint = `127.0.0.1:${await freePort()}`
  const config = (settle: string): object => {
    const { service, ...rest } = configOf(folder.path, settle, endpoint)
    return { ...rest, service: { ...service, extensions: ['file_storage', 'admin'] } }
  }
  await using running = await startReloading(config('10s'))
  expect(await send(endpoint, [half(1, 'start'), half(2, 'start'), half(2, 'end'), half(3, 'start')])).toBe(
    true,
  )

  const { status, body } = await running.reload(config('20ms'))
  expect([status, body.restarted]).toEqual([200, ['processor:span_assembly@traces']])
  expect(await send(endpoint, [half(1, 'end')])).toBe(true)

  await vi.waitFor(async () => expect(await spansIn(folder.path)).toHaveLength(2), { timeout: 20_000 })
  const books = await closedBooks(running.admin)
  expect(bookOf(books, 'span_assembly')).toMatchObject({
    in: 5,
    created: 4,
    kept: 4,
    held: 1,
    merged: 2,
    out: 2,
  })
  running.cli.signal('SIGTERM')
  expect(await running.cli.exit).toBe(0)
})
