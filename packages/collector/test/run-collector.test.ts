import { EventEmitter } from 'node:events'

import { ConfigError, createRegistry, entryOf } from '@spanloom/core'
import { expect, test } from 'vitest'

import { runCollector } from '../src/index.ts'

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
