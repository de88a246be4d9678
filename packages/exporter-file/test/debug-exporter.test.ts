import { readFile } from 'node:fs/promises'

import { Traces, wantsColor } from '@spanloom/core'
import {
  createComponent,
  fakeClock,
  type FakeClock,
  testHost,
  testTelemetry,
  type TestTelemetry,
} from '@spanloom/core/testing'
import { debugExporter, renderTree } from '@spanloom/exporter-file'
import { afterEach, expect, it, vi } from 'vitest'

import { temporaryFolder } from './folder.ts'
import { id, step } from './trace.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

const batch = Traces.of([
  step(1, 0, 5, {
    attributes: {
      'order.id': 'SO-9',
      items: [1, 'two', { deep: 3n }],
      raw: Uint8Array.of(1, 255),
      none: null,
    },
    events: [{ time: 1_767_225_600_001_000_001n, name: 'packed', attributes: { by: 'robot\n' } }],
    links: [{ traceId: 'b'.repeat(32), spanId: id(7) }],
    traceState: 'a=1',
    droppedEventsCount: 2,
  }),
  step(2, 1, 2, { parentSpanId: id(1), status: { code: 'ERROR', message: 'Gone.' } }),
])

interface Running {
  readonly telemetry: TestTelemetry
  readonly clock: FakeClock
  readonly show: (times?: number) => Promise<void>
  readonly stop: () => Promise<void>
}

async function running(settings: unknown): Promise<Running> {
  const telemetry = testTelemetry()
  const clock = fakeClock()
  const exporter = createComponent(debugExporter, settings, { telemetry, clock })
  await exporter.start(testHost())
  return {
    telemetry,
    clock,
    async show(times = 1) {
      const { signal } = new AbortController()
      for (let count = 0; count < times; count += 1) await exporter.consumeTraces(batch, { signal })
    },
    stop: () => exporter.shutdown(AbortSignal.timeout(1_000)),
  }
}

it('logs a line for each batch', async () => {
  const { telemetry, show } = await running({})
  await show()
  expect(telemetry.logger.lines).toEqual([
    { level: 'info', message: 'Traces', fields: { 'resource spans': 1, spans: 2 } },
  ])
})

it('logs every span, or every field', async () => {
  const normal = await running({ verbosity: 'normal' })
  await normal.show()
  expect(normal.telemetry.logger.lines[1]?.message.trim().split('\n')).toHaveLength(2)

  const detailed = await running({ verbosity: 'detailed' })
  await detailed.show()
  const text = detailed.telemetry.logger.lines[1]?.message ?? ''
  for (const part of [
    '- service.name: shop',
    '- items: [1, "two", {deep: 3}]',
    '- raw: 0x01ff',
    '- none: null',
    'Event 2026-01-01T00:00:00.001000001Z packed',
    '- by: robot\uFFFD',
    `Link ${'b'.repeat(32)}/${id(7)}`,
    'State      a=1',
    'Dropped    0 attributes, 2 events, 0 links',
    'Status     ERROR Gone.',
  ])
    expect(text).toContain(part)
})

it('shows the first batches of each second and then every so many', async () => {
  const { telemetry, show, clock } = await running({ sampling_initial: 2, sampling_thereafter: 3 })
  await show(9)
  expect(telemetry.logger.lines).toHaveLength(4)
  await clock.advance(1_000)
  await show(2)
  expect(telemetry.logger.lines).toHaveLength(6)
})

it('shows nothing more where nothing is wanted thereafter', async () => {
  const { telemetry, show } = await running({ sampling_initial: 1, sampling_thereafter: 0 })
  await show(9)
  expect(telemetry.logger.lines).toHaveLength(1)
})

it('writes the tree to its outputs, in colour on a terminal only', async () => {
  await using folder = await temporaryFolder()
  const path = folder.file('out.txt')
  const written = vi.spyOn(process.stdout, 'write').mockImplementation((_text, ...rest) => {
    for (const done of rest) if (typeof done === 'function') done(null)
    return true
  })
  const { show, stop, telemetry } = await running({ verbosity: 'tree', output_paths: ['stdout', path] })

  await show()
  await stop()
  await stop()

  expect(await readFile(path, 'utf8')).toBe(renderTree(batch.spans()))
  const color = wantsColor(process.stdout, process.env)
  expect(written).toHaveBeenCalledExactlyOnceWith(renderTree(batch.spans(), { color }), expect.any(Function))
  expect(telemetry.logger.lines).toEqual([])
})

it.each(['basic', 'normal', 'detailed'])('writes %s to its outputs without the log', async (verbosity) => {
  await using folder = await temporaryFolder()
  const path = folder.file('out.txt')
  const { show, stop, telemetry } = await running({
    verbosity,
    use_internal_logger: false,
    output_paths: path,
  })

  await show()
  await stop()

  expect(await readFile(path, 'utf8')).toMatch(/spans|step 1/)
  expect(telemetry.logger.lines).toEqual([])
})

it('accepts the queue that the reference has, and has none', () => {
  expect(() => createComponent(debugExporter, { sending_queue: { enabled: true } })).not.toThrow()
})
