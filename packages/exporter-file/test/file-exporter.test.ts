import { appendFile, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'

import {
  type Component,
  ConfigError,
  RetryableError,
  ShutdownError,
  span,
  Traces,
  type TracesConsumer,
} from '@spanloom/core'
import {
  createComponent,
  fakeClock,
  type FakeClock,
  sampleTraces,
  testHost,
  testTelemetry,
  type TestTelemetry,
} from '@spanloom/core/testing'
import { fileExporter } from '@spanloom/exporter-file'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { type Folder, temporaryFolder } from './folder.ts'
import { frames, spansInLines, storedSpans } from './stored.ts'

let folder: Folder
const exporters: Component[] = []

beforeEach(async () => {
  folder = await temporaryFolder()
})

afterEach(async () => {
  for (const exporter of exporters.splice(0)) await exporter.shutdown(AbortSignal.timeout(2_000))
  await folder[Symbol.asyncDispose]()
})

interface Running {
  readonly exporter: Component & TracesConsumer
  readonly clock: FakeClock
  readonly telemetry: TestTelemetry
  readonly send: (...batches: readonly Traces[]) => Promise<unknown>
}

async function running(settings: Readonly<Record<string, unknown>> = {}): Promise<Running> {
  const clock = fakeClock(Date.UTC(2026, 8, 14, 5, 2, 14, 173))
  const telemetry = testTelemetry()
  const exporter = createComponent(
    fileExporter,
    { path: folder.file('data.json'), ...settings },
    { clock, telemetry },
  )
  exporters.push(exporter)
  await exporter.start(testHost())
  const { signal } = new AbortController()
  const send = (...batches: readonly Traces[]): Promise<unknown> =>
    Promise.all(batches.map((batch) => exporter.consumeTraces(batch, { signal })))
  return { exporter, clock, telemetry, send }
}

const text = (name = 'data.json'): Promise<string> => readFile(folder.file(name), 'utf8')
const [first = Traces.empty, second = Traces.empty, third = Traces.empty] = sampleTraces(3)

describe('lines', () => {
  it('hold one batch each, and are there when the call resolves', async () => {
    const { send } = await running()

    await send(first)
    expect((await text()).split('\n')).toHaveLength(2)
    await send(second, third)

    expect((await text()).split('\n')).toHaveLength(4)
    expect(spansInLines(await text()).map(({ bytes }) => bytes)).toEqual(
      [first, second, third].flatMap((batch) => Array.from(batch.spans(), ({ bytes }) => bytes)),
    )
  })

  it('take the place of an old file, unless it is appended to', async () => {
    await writeFile(folder.file('data.json'), 'old\n')
    const { exporter, send } = await running()
    await send(first)
    await exporter.shutdown(AbortSignal.timeout(1_000))
    expect(await storedSpans(folder.file('data.json'))).toHaveLength(2)

    const { send: sendMore } = await running({ append: true })
    await sendMore(second)
    expect(await storedSpans(folder.file('data.json'))).toHaveLength(4)
  })

  it('are whole again after a crash tore the last one', async () => {
    const { exporter, send } = await running()
    await send(first)
    await exporter.shutdown(AbortSignal.timeout(1_000))
    await appendFile(folder.file('data.json'), `{"resourceSpans":[${' '.repeat(200_000)}`)

    const { send: sendMore } = await running({ append: true })
    await sendMore(second)

    expect(await storedSpans(folder.file('data.json'))).toHaveLength(4)
  })
})

describe('frames', () => {
  it('have their length before them, big-endian', async () => {
    const { send } = await running({ format: 'proto' })
    await send(first)
    const bytes = await readFile(folder.file('data.json'))
    expect(frames(bytes)).toEqual([Buffer.from(first.toProtobuf())])
  })

  it.each([3, 40])('are whole again after a crash tore the last one to %i bytes', async (length) => {
    const path = folder.file('data.json')
    const { exporter, send } = await running({ format: 'proto' })
    await send(first)
    await exporter.shutdown(AbortSignal.timeout(1_000))
    const whole = await readFile(path)
    await writeFile(path, Buffer.concat([whole, whole.subarray(0, length)]))

    const { send: sendMore } = await running({ format: 'proto', append: true })
    await sendMore(second)

    expect(frames(await readFile(path))).toEqual(
      [first, second].map((batch) => Buffer.from(batch.toProtobuf())),
    )
  })
})

it('makes the folders of its path', async () => {
  const { send } = await running({ path: folder.file('deep/er/data.json') })
  await send(first)
  expect(await storedSpans(folder.file('deep/er/data.json'))).toHaveLength(2)
})

it('does not start where it cannot write', async () => {
  await writeFile(folder.file('file'), '')
  await expect(running({ path: folder.file('file/data.json') })).rejects.toThrow(/ENOTDIR|EEXIST/)
})

it('asks for a resend while the disk is full, tells of it once, and leaves no torn line', async () => {
  const { send, telemetry } = await running({ path: '/dev/full' })

  await expect(send(first)).rejects.toBeInstanceOf(RetryableError)
  await expect(send(first)).rejects.toMatchObject({ code: 'FILE_WRITE_FAILED' })

  expect(telemetry.logger.lines.filter(({ level }) => level === 'warn')).toHaveLength(1)
  expect(telemetry.statusEvents.map(({ kind }) => kind)).toEqual(['RecoverableError'])
})

it('refuses what comes after its shutdown', async () => {
  const { exporter, send } = await running()
  await exporter.shutdown(AbortSignal.timeout(1_000))
  await expect(send(first)).rejects.toBeInstanceOf(ShutdownError)
})

describe('rotation', () => {
  const settings = { rotation: { max_megabytes: 1, max_backups: 2 } }
  const big = Traces.of([
    span({
      traceId: '1'.repeat(32),
      spanId: '2'.repeat(16),
      name: 'big',
      attributes: { text: 'x'.repeat(700_000) },
    }),
  ])

  it('sets the file aside before it grows too large, under a name with the time', async () => {
    const { send, clock } = await running(settings)
    await send(big)
    await send(big)
    expect(await readdir(folder.path)).toEqual(['data-2026-09-14T05-02-14.173.json', 'data.json'])

    await clock.advance(60_000)
    await send(big)
    expect((await readdir(folder.path)).toSorted()).toEqual([
      'data-2026-09-14T05-02-14.173.json',
      'data-2026-09-14T05-03-14.173.json',
      'data.json',
    ])
    expect(await storedSpans(folder.file('data-2026-09-14T05-03-14.173.json'))).toHaveLength(1)
  })

  it('finds a name of its own for each of several files in one millisecond', async () => {
    const { send } = await running(settings)
    for (let count = 0; count < 3; count += 1) await send(big)
    expect(await readdir(folder.path)).toContain('data-2026-09-14T05-02-14.174.json')
  })

  it('keeps as many files as it may, the newest', async () => {
    await writeFile(folder.file('data-other.json'), '')
    const { send, clock } = await running(settings)
    for (let count = 0; count < 6; count += 1) {
      await send(big)
      await clock.advance(1_000)
    }
    expect((await readdir(folder.path)).toSorted()).toEqual([
      'data-2026-09-14T05-02-18.173.json',
      'data-2026-09-14T05-02-19.173.json',
      'data-other.json',
      'data.json',
    ])
  })

  it('removes files that are too old', async () => {
    await writeFile(folder.file('data-2026-09-12T05-02-14.172.json'), '')
    await writeFile(folder.file('data-2026-09-12T05-02-14.174.json'), '')
    await running({ rotation: { max_days: 2 } })
    expect((await readdir(folder.path)).toSorted()).toEqual([
      'data-2026-09-12T05-02-14.174.json',
      'data.json',
    ])
  })

  it('leaves alone what is no file', async () => {
    await symlink('/dev/null', folder.file('data.json'))
    const { send } = await running(settings)
    for (let count = 0; count < 3; count += 1) await send(big)
    expect(await readdir(folder.path)).toEqual(['data.json'])
  })

  it('lets one batch be larger than a file', async () => {
    const { send } = await running(settings)
    const huge = Traces.concat([big, big, big])
    await send(huge)
    await send(first)
    expect(await storedSpans(folder.file('data.json'))).toHaveLength(2)
  })
})

describe('groups', () => {
  const from = (segment: string | undefined, name: string): Traces =>
    Traces.of([
      span({
        traceId: '1'.repeat(32),
        spanId: '2'.repeat(16),
        name,
        resource: segment === undefined ? {} : { 'fileexporter.path_segment': segment },
      }),
    ])
  const grouped = { group_by: { enabled: true, max_open_files: 2 } }

  it('have a file each', async () => {
    const { send } = await running({ path: folder.file('*.json'), ...grouped })
    await send(
      Traces.concat([from('north', 'a'), from('south', 'b'), from('north', 'c'), from(undefined, 'd')]),
    )

    expect((await readdir(folder.path)).toSorted()).toEqual(['MISSING.json', 'north.json', 'south.json'])
    expect((await storedSpans(folder.file('north.json'))).map(({ name }) => name)).toEqual(['a', 'c'])
  })

  it('never lead out of the folder', async () => {
    const { send } = await running({ path: folder.file('in/*/data.json'), ...grouped })
    for (const segment of ['../up', '..', '/etc/x', 'a\\..\\b', '\0', 'x'.repeat(5_000), '../../../..', '$&'])
      await send(from(segment, 'a'))

    expect(await readdir(folder.path)).toEqual(['in'])
    const segments = await readdir(folder.file('in'))
    expect(segments.toSorted()).toEqual(
      ['.._up', '.._.._.._', 'MISSING', '_', '__', '_etc_x', 'a_.._b', 'x'.repeat(200)].toSorted(),
    )
  })

  it('survive being closed for another one, in the middle of writing too', async () => {
    const { send } = await running({ path: folder.file('*.json'), ...grouped })
    const names = ['a', 'b', 'c', 'd', 'e']
    await Promise.all(
      Array.from({ length: 100 }, (_, index) => send(from(names[index % 5], `span ${index}`))),
    )

    for (const name of names) expect(await storedSpans(folder.file(`${name}.json`))).toHaveLength(20)
  })

  it.each(['data.json', '*/*.json', '*.json'])('need one star in the path, not at its start: %s', (path) => {
    expect(() => createComponent(fileExporter, { path, group_by: { enabled: true } })).toThrow(ConfigError)
  })
})

it('goes on when somebody else has removed the file of a group', async () => {
  const { send, exporter } = await running({ rotation: { max_megabytes: 1 } })
  await send(first)
  await rm(folder.file('data.json'))
  await mkdir(folder.file('other'))
  await send(second)
  await exporter.shutdown(AbortSignal.timeout(1_000))
  expect(await readdir(folder.path)).toEqual(['other'])
})

it('makes the file safe at every flush interval', async () => {
  const { send, clock } = await running({ flush_interval: '5s' })
  await send(first)
  await clock.advance(5_000)
  await vi.waitFor(() => expect(clock.pending).toBe(1))
  await clock.advance(5_000)
  expect(await storedSpans(folder.file('data.json'))).toHaveLength(2)
})
