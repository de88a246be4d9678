import { EventEmitter } from 'node:events'

import { ConfigError, createRegistry, defineReceiver, entryOf } from '@spanloom/core'
import { expect, test } from 'vitest'

import { runCollector } from '../src/index.ts'
import { tracesOf } from './otlp-sender.ts'

class Text extends EventEmitter {
  text = ''
  write(text: string): boolean {
    this.text += text
    return true
  }
}

const settings = {
  receivers: { nop: {} },
  exporters: { nop: {} },
  service: {
    telemetry: { metrics: { level: 'none' } },
    pipelines: { traces: { receivers: ['nop'], exporters: ['nop'] } },
  },
}

test('runs inside a program and leaves its signals alone', async () => {
  const before = process.listenerCount('SIGTERM')
  const stderr = new Text()
  const streams = { stdout: new Text(), stderr, env: {} }

  const handle = await runCollector({ config: settings, streams })
  expect(stderr.text).toContain('Everything is ready.')
  expect(process.listenerCount('SIGTERM')).toBe(before)
  expect(handle.collector.view.components().map(({ status }) => status.kind)).toEqual(['OK', 'OK'])

  expect(await handle.stop()).toBe(0)
  expect(await handle.finished).toBe(0)
})

test('stops when the given signal aborts', async () => {
  const stop = new AbortController()
  const streams = { stdout: new Text(), stderr: new Text(), env: {} }
  const { finished } = await runCollector({ config: settings, streams, signal: stop.signal })
  stop.abort()
  expect(await finished).toBe(0)
})

test('rejects with all faults of a configuration', async () => {
  const config = { ...settings, exporters: { nope: {}, nop: { speed: 1 } } }
  const failure = await runCollector({ config }).then(
    () => undefined,
    (error: unknown) => error,
  )
  expect(failure).toBeInstanceOf(ConfigError)
  expect(failure instanceof ConfigError && failure.issues.length).toBeGreaterThan(1)
})

test('takes the components that it is given', async () => {
  const { nopExporter, nopReceiver } = await import('@spanloom/nop')
  const streams = { stdout: new Text(), stderr: new Text(), env: {} }
  await using handle = await runCollector({
    config: settings,
    registry: createRegistry([entryOf(nopReceiver), entryOf(nopExporter)]),
    streams,
  })
  expect(handle.collector.accounting().map(({ kind, id }) => `${kind} ${id}`)).toEqual([
    'exporter nop',
    'receiver nop',
  ])
})

test('lets a program watch what passes', async () => {
  const { nopExporter } = await import('@spanloom/nop')
  const traces = tracesOf(
    'shop',
    [1, 2, 3].map((id) => ({ traceId: 'a'.repeat(32), spanId: `${id}`.padStart(16, '0'), name: 's' })),
  )
  const registry = createRegistry([
    entryOf(
      defineReceiver({
        type: 'nop',
        stability: 'development',
        description: 'Sends on and on.',
        schema: { type: 'object', properties: {}, additionalProperties: false },
        create: ({ next }) => {
          const sending = setInterval(() => {
            void next.consumeTraces(traces, { signal: new AbortController().signal })
          }, 5)
          return {
            start: () => Promise.resolve(),
            shutdown: () => Promise.resolve(clearInterval(sending)),
          }
        },
      }),
    ),
    entryOf(nopExporter),
  ])
  const streams = { stdout: new Text(), stderr: new Text(), env: {} }
  await using handle = await runCollector({ config: settings, registry, streams })
  let spans = 0
  for await (const event of handle.tap({ at: 'exporters/nop' }, { limit: 5 })) {
    if (event.kind === 'traces') spans += event.traces.spanCount
  }
  expect(spans).toBe(5)
  expect(() => handle.tap({ at: 'exporters/nope' })).toThrow('no running pipeline has "exporters/nope"')

  const unending = handle.tap({ at: 'receivers/nop', side: 'output' })
  await unending.next()
  await handle.stop()
  const rest = []
  for await (const { kind } of unending) rest.push(kind)
  expect(rest.every((kind) => kind === 'traces')).toBe(true)
})
