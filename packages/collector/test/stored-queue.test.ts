import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import { command } from './command.ts'
import { MoodyBackend } from './moody-backend.ts'
import { sendOverHttp, tracesOf } from './otlp-sender.ts'
import { type CliProcess, freePort, readySentence, startCli } from './process.ts'

vi.setConfig({ testTimeout: 120_000 })

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'spanloom-stored-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

type Settings = Readonly<Record<string, unknown>>

const quick = { initial_interval: '50ms', max_interval: '200ms' }

/** The command with an OTLP receiver and a stored queue towards `backend`. */
async function run(
  { url }: MoodyBackend,
  {
    queue = {},
    retry = quick,
    storage = {},
  }: { queue?: Settings; retry?: Settings; storage?: Settings } = {},
): Promise<CliProcess> {
  const config = {
    receivers: { otlp: { protocols: { http: { endpoint: '127.0.0.1:0' } } } },
    exporters: {
      otlp_http: {
        endpoint: url,
        timeout: '60s',
        retry_on_failure: retry,
        sending_queue: { storage: 'file_storage', ...queue },
      },
    },
    extensions: { file_storage: { directory, min_free_disk: 0, ballast: 0, ...storage } },
    service: {
      extensions: ['file_storage'],
      shutdown_timeout: '2s',
      telemetry: { metrics: { level: 'none' } },
      pipelines: { traces: { receivers: ['otlp'], exporters: ['otlp_http'] } },
    },
  }
  const cli = startCli(['--config', `yaml:${JSON.stringify(config)}`])
  await cli.waitFor(readySentence)
  return cli
}

const endpointOf = ({ stderr }: CliProcess): string =>
  /Starting HTTP server.*"endpoint":"([^"]+)"/.exec(stderr())?.[1] ?? ''

let made = 0

/** Sends requests with one span each, one after the other; answers the ids of those that were acknowledged. */
async function send(
  cli: CliProcess,
  count: number,
  onSent = (_sent: number): void => undefined,
): Promise<string[]> {
  const acknowledged: string[] = []
  const endpoint = endpointOf(cli)
  for (let index = 0; index < count; index++) {
    made++
    const id = made.toString(16)
    const spanId = id.padStart(16, '0')
    const traces = tracesOf('shop', [
      { traceId: id.padStart(32, '0'), spanId, name: 'work', startTime: 1n, endTime: 2n },
    ])
    try {
      if ((await sendOverHttp(endpoint, traces)) === 200) acknowledged.push(spanId)
    } catch {
      // The process was killed.
      return acknowledged
    }
    onSent(index + 1)
  }
  return acknowledged
}

const arrival = (backend: MoodyBackend, ids: readonly string[]): Promise<void> =>
  vi.waitFor(
    () => {
      if (!new Set(ids).isSubsetOf(new Set(backend.taken))) throw new Error('Some spans are missing.')
    },
    { timeout: 60_000 },
  )

test('vector 35, EXP-41: after kill -9 during send every acknowledged span arrives', async () => {
  await using backend = new MoodyBackend(await freePort())
  await backend.up()
  const acknowledged: string[] = []
  for (let round = 0; round < 3; round++) {
    backend.mood = round === 1 ? 'busy' : 'takes'
    await using cli = await run(backend)
    acknowledged.push(
      ...(await send(cli, 400, (sent) => {
        if (sent === 120) backend.mood = 'hangs'
        if (sent === 150 + 20 * round) cli.child.kill('SIGKILL')
      })),
    )
  }
  expect(acknowledged.length).toBeGreaterThanOrEqual(3 * 150)

  backend.mood = 'takes'
  await using cli = await run(backend)
  await arrival(backend, acknowledged)
  cli.signal('SIGTERM')
  expect(await cli.exit).toBe(0)
})

test.each([true, false])(
  'vector 36, EXP-44: with a dead backend nothing is lost by a stop, retries on: %s',
  async (enabled) => {
    await using backend = new MoodyBackend(await freePort())
    const retry = { ...quick, enabled }
    await using first = await run(backend, { retry })
    const acknowledged = await send(first, 40)
    expect(acknowledged).toHaveLength(40)
    first.signal('SIGTERM')
    expect(await first.exit).toBe(0)
    expect(first.stderr()).not.toContain('Spans were lost')

    await backend.up()
    await using second = await run(backend, { retry })
    await arrival(backend, acknowledged)
    expect(backend.taken).toHaveLength(40)
    second.signal('SIGTERM')
    expect(await second.exit).toBe(0)
  },
)

test('vector 36: requests that hang at the limit of the shutdown stay stored, too', async () => {
  await using backend = new MoodyBackend(await freePort())
  await backend.up()
  backend.mood = 'hangs'
  const retry = { enabled: false }
  await using first = await run(backend, { retry })
  const acknowledged = await send(first, 30)
  first.signal('SIGTERM')
  expect(await first.exit).toBe(1)
  expect(first.stderr()).toContain('Shutdown limit reached.')
  expect(first.stderr()).not.toContain('Spans were lost')

  backend.mood = 'takes'
  await using _second = await run(backend, { retry })
  await arrival(backend, acknowledged)
})

test.each([true, false])(
  'vector 37, EXP-45: starts with more than queue_size and drains, blocking: %s',
  async (block) => {
    await using backend = new MoodyBackend(await freePort())
    await using first = await run(backend)
    const acknowledged = await send(first, 60)
    first.signal('SIGTERM')
    await first.exit

    await backend.up()
    await using second = await run(backend, {
      queue: { queue_size: 3, num_consumers: 1, block_on_overflow: block },
    })
    await arrival(backend, acknowledged)
    await vi.waitFor(async () => expect(await send(second, 1)).toHaveLength(1), { timeout: 10_000 })
  },
)

test('vector 38, EXP-46: a full storage means 503, and the process lives', async () => {
  await using backend = new MoodyBackend(await freePort())
  await using cli = await run(backend, { storage: { max_disk: '200KiB' }, queue: { queue_size: 100_000 } })
  const spans = Array.from({ length: 50 }, (_, index) => ({
    traceId: (index + 1).toString(16).padStart(32, 'a'),
    spanId: (index + 1).toString(16).padStart(16, 'b'),
    name: crypto.randomUUID(),
    startTime: 1n,
    endTime: 2n,
  }))
  const traces = tracesOf('shop', spans)
  const statuses: number[] = []
  for (let index = 0; index < 200; index++) statuses.push(await sendOverHttp(endpointOf(cli), traces))
  const stored = statuses.filter((status) => status === 200).length
  expect(stored).toBeGreaterThan(5)
  expect(new Set(statuses)).toEqual(new Set([200, 503]))
  expect(cli.stderr().split('The request cannot be stored.')).toHaveLength(2)

  await backend.up()
  await vi.waitFor(() => expect(backend.taken.length).toBeGreaterThanOrEqual(stored * 50), {
    timeout: 20_000,
  })
  await vi.waitFor(async () => expect(await sendOverHttp(endpointOf(cli), traces)).toBe(200), {
    timeout: 10_000,
  })
  cli.signal('SIGTERM')
  expect(await cli.exit).toBe(0)
})

test('a destination that is busy for long gets everything in the end, first attempts in order', async () => {
  await using backend = new MoodyBackend(await freePort())
  await backend.up()
  backend.mood = 'busy'
  const queue = { num_consumers: 1 }
  await using first = await run(backend, { queue })
  const acknowledged = await send(first, 100)
  first.signal('SIGTERM')
  expect(await first.exit).toBe(0)
  await using second = await run(backend, { queue })
  acknowledged.push(...(await send(second, 20)))
  expect(acknowledged).toHaveLength(120)
  expect(backend.taken).toEqual([])

  backend.mood = 'takes'
  await arrival(backend, acknowledged)
  expect(backend.taken.toSorted()).toEqual(acknowledged.toSorted())
  expect([...new Set(backend.seen)]).toEqual(acknowledged)
})

test('EXP-28: dead letters are sent again when the command says so', async () => {
  await using backend = new MoodyBackend(await freePort())
  await backend.up()
  backend.mood = 'refuses'
  await using first = await run(backend)
  const acknowledged = await send(first, 5)
  await vi.waitFor(() => expect(backend.seen).toHaveLength(5), { timeout: 10_000 })
  first.signal('SIGTERM')
  expect(await first.exit).toBe(0)
  expect(first.stderr()).toContain('Exporting failed. Keeping data as a dead letter.')

  const on = ['--directory', directory, '--format', 'json']
  expect(JSON.parse((await command(['queue', 'ls', ...on])).stdout)).toMatchObject([
    { exporter: 'otlp_http', pending: 0, dead_letters: 5 },
  ])
  await using second = await run(backend)
  second.signal('SIGTERM')
  await second.exit
  expect(backend.seen).toHaveLength(5)

  expect((await command(['queue', 'retry', '--all', ...on])).code).toBe(0)
  backend.mood = 'takes'
  await using _third = await run(backend)
  await arrival(backend, acknowledged)
})
