import { once } from 'node:events'
import { createConnection } from 'node:net'

import { parseOtlpJson } from '@spanloom/core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'

import { OtlpBackend } from './otlp-backend.ts'
import { sendOverHttp, tracesOf } from './otlp-sender.ts'
import { type CliProcess, freePort, startCli } from './process.ts'
import { otlpPipeline, type Reloading, startReloading } from './reloading.ts'
import { runMain } from './run-spanloom.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const traceId = 'a'.repeat(32)
const idOf = (number: number): string => `${number}`.padStart(16, '0')
const spanOf = (number: number, name: string, attributes = {}) => ({
  traceId,
  spanId: idOf(number),
  ...(number > 1 ? { parentSpanId: idOf(1) } : {}),
  name,
  startTime: 1_700_000_000_000_000_000n + BigInt(number),
  endTime: 1_700_000_000_005_000_000n,
  attributes,
})

let backend: OtlpBackend
let receiver: string
let collector: Reloading
let pipeline: ReturnType<typeof otlpPipeline>
const open: CliProcess[] = []

async function startAll(): Promise<void> {
  backend = await OtlpBackend.listen()
  receiver = `127.0.0.1:${await freePort()}`
  const base = otlpPipeline(receiver, backend.url)
  pipeline = {
    ...base,
    processors: { attributes: { actions: [{ key: 'seen', value: 'yes', action: 'insert' }] } },
    service: {
      ...base.service,
      pipelines: { traces: { receivers: ['otlp'], processors: ['attributes'], exporters: ['otlp_http'] } },
    },
  }
  collector = await startReloading(pipeline)
}

async function stopAll(): Promise<void> {
  await collector[Symbol.asyncDispose]()
  await backend[Symbol.asyncDispose]()
}

afterEach(async () => {
  for (const process of open.splice(0)) await process[Symbol.asyncDispose]()
})

async function startTap(...args: readonly string[]): Promise<CliProcess> {
  const tap = startCli(['tap', '--admin', collector.admin, ...args])
  open.push(tap)
  await tap.waitFor('Watching ')
  return tap
}

const send = (...spans: readonly ReturnType<typeof spanOf>[]): Promise<number> =>
  sendOverHttp(receiver, tracesOf('shop', spans))

describe('a tap', () => {
  beforeAll(startAll)
  afterAll(stopAll)

  it('shows what a receiver hands on as a tree, and ends at its limit', async () => {
    const tap = await startTap('--at', 'receivers/otlp', '--limit', '2')
    await send(spanOf(1, 'order'), spanOf(2, 'pay', { 'spanloom.key': 'k1', other: 'x' }))

    expect(await tap.exit).toBe(0)
    expect(tap.stdout()).toBe(`trace ${traceId} 2 spans, 2023-11-14T22:13:20.000000001Z
└─ order  5ms  [shop]
   └─ pay  5ms
         spanloom.key=k1
`)
    expect(tap.stderr()).toContain('The tap has ended: the limit is reached.\n2 spans shown.\n')
  })

  it('shows what each boundary sees: before and after a processor', async () => {
    const taps = await Promise.all([
      startTap('--at', 'processors/attributes', '--side', 'input', '--limit', '1', '--format', 'json'),
      startTap('--at', 'processors/attributes', '--limit', '1', '--format', 'json'),
      startTap('--at', 'exporters/otlp_http', '--pipeline', 'traces', '--limit', '1', '--format', 'json'),
    ])
    await send(spanOf(1, 'order'))
    await Promise.all(taps.map((tap) => tap.exit))
    const shown = taps.map((tap) => JSON.parse(tap.stdout()) as { attributes: object })
    expect(shown.map(({ attributes }) => attributes)).toEqual([{}, { seen: 'yes' }, { seen: 'yes' }])
    expect(shown[0]).toEqual({
      traceId,
      spanId: idOf(1),
      name: 'order',
      kind: 'UNSPECIFIED',
      startTime: '2023-11-14T22:13:20.000000001Z',
      endTime: '2023-11-14T22:13:20.005000000Z',
      durationMs: 4.999999,
      attributes: {},
      resource: { 'service.name': 'shop' },
    })
  })

  it('shows fragments as such', async () => {
    const tap = await startTap('--at', 'receivers/otlp', '--limit', '3', '--format', 'json')
    await send(
      { ...spanOf(1, 'start'), endTime: 0n },
      { ...spanOf(2, 'update'), startTime: 0n, endTime: 0n },
      { ...spanOf(3, 'end'), startTime: 0n },
    )
    await tap.exit
    const spans = tap
      .stdout()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { fragment: string })
    expect(spans.map(({ fragment }) => fragment)).toEqual(['start', 'update', 'end'])
  })

  it('gives OTLP in lines, and only what the filters want', async () => {
    const tap = await startTap(
      '--at=receivers/otlp',
      '--format=otlp',
      '--limit=2',
      '--name=p*',
      '--attribute=n=1',
    )
    await send(spanOf(1, 'order', { n: 1 }), spanOf(2, 'pay', { n: 1 }), spanOf(3, 'pay', { n: 2 }))
    await send(spanOf(4, 'pick', { n: 1 }))
    await tap.exit
    const spans = tap
      .stdout()
      .trim()
      .split('\n')
      .flatMap((line) => [...parseOtlpJson(line).spans()])
    expect(spans.map(({ name, spanId }) => [name, spanId])).toEqual([
      ['pay', idOf(2)],
      ['pick', idOf(4)],
    ])
  })

  it('ends after its time', async () => {
    const tap = await startTap('--at', 'receivers/otlp', '--for', '50ms')
    expect(await tap.exit).toBe(0)
    expect(tap.stderr()).toContain('The tap has ended: the time is over.\n0 spans shown.')
  })

  it.each(['SIGINT', 'SIGTERM'] as const)('ends clean with a summary at %s', async (signal) => {
    const tap = await startTap('--at', 'receivers/otlp')
    await send(spanOf(1, 'order'))
    await backend.waitForSpans(1)
    tap.signal(signal)
    expect(await tap.exit).toBe(0)
    expect(tap.stderr()).toMatch(/[01] spans shown\.\n$/)
    expect(tap.stderr()).not.toContain('Error')
  })

  it('holds up nothing while a client is asleep', async () => {
    const { hostname, port } = new URL(collector.admin)
    const asleep = createConnection(Number(port), hostname)
    await once(asleep, 'connect')
    asleep.pause()
    asleep.write(`GET /api/tap?at=receivers/otlp HTTP/1.1\r\nHost: localhost\r\n\r\n`)
    const text = 'x'.repeat(20_000)
    const many = Array.from({ length: 50 }, (_, index) => spanOf(index + 1, 'large', { text }))
    const [before, rounds] = [backend.requests.length, 40]
    for (let round = 0; round < rounds; round++) expect(await send(...many)).toBe(200)
    await vi.waitFor(() => expect(backend.requests.length).toBeGreaterThanOrEqual(before + rounds), 10_000)

    // Whoever asks next still finds room and is shown what passes.
    const awake = await startTap('--at', 'receivers/otlp', '--limit', '1')
    await send(spanOf(1, 'order'))
    expect(await awake.exit).toBe(0)
    asleep.destroy()
  })
})

describe('what happens to the collector', () => {
  beforeEach(startAll)
  afterEach(stopAll)

  it('goes on across a reload that exchanges what it watches', async () => {
    const tap = await startTap('--at', 'processors/attributes', '--limit', '2', '--format', 'json')
    await send(spanOf(1, 'order'))
    const other = { attributes: { actions: [{ key: 'seen', value: 'again', action: 'insert' }] } }
    expect((await collector.reload({ ...pipeline, processors: other })).body.outcome).toBe('success')
    await send(spanOf(2, 'pay'))
    expect(await tap.exit).toBe(0)
    expect(tap.stdout()).toContain('"seen":"yes"')
    expect(tap.stdout()).toContain('"seen":"again"')
  })

  it('ends with a clear word when a reload takes away what it watches', async () => {
    const tap = await startTap('--at', 'processors/attributes')
    const service = {
      ...pipeline.service,
      pipelines: { traces: { receivers: ['otlp'], processors: [], exporters: ['otlp_http'] } },
    }
    await collector.reload({ ...pipeline, processors: {}, service })
    expect(await tap.exit).toBe(1)
    expect(tap.stderr()).toContain('The tap has ended: a reload took away what was watched.')
  })

  it('ends with a clear word when everything is restarted', async () => {
    const tap = await startTap('--at', 'receivers/otlp')
    const telemetry = { ...pipeline.service.telemetry, resource: { 'service.name': 'other' } }
    const { body } = await collector.reload({ ...pipeline, service: { ...pipeline.service, telemetry } })
    expect(body).toMatchObject({ outcome: 'success', everything: true })
    expect(await tap.exit).toBe(1)
    expect(tap.stderr()).toContain(
      'The tap has ended: the admin server was exchanged or stopped by a reload.',
    )
  })

  it('ends with a clear word when the collector stops, which does not wait for it', async () => {
    const tap = await startTap('--at', 'receivers/otlp')
    collector.cli.signal('SIGTERM')
    expect(await collector.cli.exit).toBe(0)
    expect(await tap.exit).toBe(1)
    expect(tap.stderr()).toContain('The tap has ended: the collector is stopping.')
  })

  it('says that the collector was killed', async () => {
    const tap = await startTap('--at', 'receivers/otlp')
    collector.cli.child.kill('SIGKILL')
    expect(await tap.exit).toBe(1)
    expect(tap.stderr()).toMatch(/Error: the connection to http:\/\/127\.0\.0\.1:\d+ broke off: /)
  })
})

describe('what can be watched', () => {
  beforeAll(startAll)
  afterAll(stopAll)

  it('is listed for people and for programs', async () => {
    const people = await runMain(['tap', '--list', '--admin', collector.admin])
    expect(people).toEqual({
      code: 0,
      stderr: '',
      stdout: `COMPONENT              SIDES          PIPELINES
receivers/otlp         output         traces
processors/attributes  input, output  traces
exporters/otlp_http    input          traces
`,
    })
    const programs = await runMain(['tap', '--list', '--format', 'json', '--admin', collector.admin])
    expect(JSON.parse(programs.stdout)).toContainEqual({
      at: 'receivers/otlp',
      sides: ['output'],
      pipelines: ['traces'],
    })
  })

  it.each([
    [[], 'Nothing is named that could be watched. (Name it with --at'],
    [['--at', 'receivers/otpl'], 'no running pipeline has "receivers/otpl". Did you mean receivers/otlp?'],
    [['--at', 'receivers/otlp', '--for', 'soon'], 'for is a duration such as 10s or 5m.'],
    [['--at', 'receivers/otlp', '--limit', 'ten'], 'limit is a number of spans'],
    [['--at', 'receivers/otlp', '--format', 'xml'], "'xml' is invalid"],
  ])('%j: %s', async (args, message) => {
    const { code, stdout, stderr } = await runMain(['tap', '--admin', collector.admin, ...args])
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(/^Error: /)
    expect(stderr).toContain(message)
  })
})

it('says what to do when there is no admin server', async () => {
  const { code, stderr } = await runMain([
    'tap',
    '--at',
    'receivers/otlp',
    '--admin',
    `localhost:${await freePort()}`,
  ])
  expect(code).toBe(1)
  expect(stderr).toMatch(
    /^Error: no answer from http:\/\/localhost:\d+: .*ECONNREFUSED.* \(Is the collector running/,
  )
})

it('says that something else answers', async () => {
  await using other = await OtlpBackend.listen()
  const { code, stderr } = await runMain(['tap', '--list', '--admin', other.url])
  expect(code).toBe(1)
  expect(stderr).toContain('answers: status 404')
})

it('shows a token to the server, and never to people', async () => {
  await startAll()
  await collector.reload({ ...pipeline, extensions: { admin: { token: 'tap-secret' } } })
  const args = ['tap', '--at', 'receivers/otlp', '--for', '20ms', '--admin', collector.admin]
  const without = await runMain(args)
  expect([without.code, without.stderr]).toEqual([1, expect.stringContaining('name it with --token-env')])
  const withIt = await runMain(args, { SPANLOOM_ADMIN_TOKEN: 'tap-secret' })
  expect(withIt.code).toBe(0)
  const wrong = await runMain([...args, '--token-env', 'OTHER'], { OTHER: 'tap-wrong' })
  expect(wrong.code).toBe(1)
  expect(without.stderr + withIt.stderr + wrong.stderr + collector.cli.stderr()).not.toMatch(
    /tap-(secret|wrong)/,
  )
})
