import { MemoryStorage, testHost } from '@spanloom/core/testing'
import { expect, it, vi } from 'vitest'

import { otlpGrpcExporter, otlpHttpExporter } from '../src/index.ts'
import { HttpBackend, respond } from './http-backend.ts'
import { run, someTraces } from './running.ts'

const { signal } = new AbortController()

it('EXP-41: sends a stored body as what it is, although the settings have changed', async () => {
  await using backend = await HttpBackend.open()
  backend.answer = respond(503)
  const storage = new MemoryStorage({ now: () => Date.UTC(2026, 0, 1) })
  const host = testHost({ disk: storage.extension() })
  const settings = { endpoint: backend.url, sending_queue: { storage: 'disk' } }
  const traces = someTraces(3)
  const first = await run(otlpHttpExporter, { ...settings, encoding: 'json', compression: 'gzip' }, { host })
  await first.exporter.consumeTraces(traces, { signal })
  await backend.received(1)
  await first.exporter.shutdown(signal)

  backend.answer = respond(200)
  await using second = await run(otlpHttpExporter, { ...settings, compression: 'zstd' }, { host })
  await second.clock.advance(10_000)
  await second.exporter.consumeTraces(traces, { signal })
  await backend.received(3)
  const sent = backend.requests
    .slice(1)
    .map(({ headers }) => [headers['content-type'], headers['content-encoding']])
  expect(sent).toHaveLength(2)
  expect(sent).toContainEqual(['application/json', 'gzip'])
  expect(sent).toContainEqual(['application/x-protobuf', 'zstd'])
  expect(backend.requests.map((request) => request.traces.spanCount)).toEqual([3, 3, 3])
  const file = storage.queueOf({ kind: 'exporter', id: 'otlp_http' })
  await vi.waitFor(() => expect(file.pending).toEqual([]))
})

it('stores the message of otlp_grpc', async () => {
  const storage = new MemoryStorage({ now: () => Date.UTC(2026, 0, 1) })
  const settings = { endpoint: 'localhost:1', sending_queue: { storage: 'disk' } }
  const running = await run(otlpGrpcExporter, settings, { host: testHost({ disk: storage.extension() }) })
  const traces = someTraces(2)
  await running.exporter.consumeTraces(traces, { signal })
  await running.exporter.shutdown(AbortSignal.abort())
  const file = storage.queueOf({ kind: 'exporter', id: 'otlp_grpc' })
  expect(file.pending).toMatchObject([{ items: 2 }])
  expect(Buffer.from(file.body(1) ?? [])).toEqual(Buffer.from(traces.toProtobuf()))
  expect(Buffer.from(file.pending[0]?.attributes ?? []).toString()).toBe(
    '{"format":"application/x-protobuf"}',
  )
})
