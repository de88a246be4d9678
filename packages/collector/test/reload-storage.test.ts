import { setTimeout as elapse } from 'node:timers/promises'

import { expect, test } from 'vitest'

import { bookOf, closedBooks } from './books.ts'
import { temporaryFolder } from './example-run.ts'
import { OtlpBackend } from './otlp-backend.ts'
import { sendOverHttp, tracesOf } from './otlp-sender.ts'
import { freePort } from './process.ts'
import { otlpPipeline, startReloading } from './reloading.ts'
import { startSpanLoad } from './span-load.ts'

/** The usual pipeline with a storage in `directory`. */
function stored(
  directory: string,
  { receiver, backend, timeout = '5s' }: { receiver: string; backend: string; timeout?: string },
): object {
  const base = otlpPipeline(receiver, backend, {
    exporter: { timeout, sending_queue: { storage: 'file_storage' } },
  })
  return {
    ...base,
    extensions: { file_storage: { directory } },
    service: { ...base.service, extensions: ['file_storage', 'admin'] },
  }
}

test('an exporter with its queue on disk is replaced under load, and nothing is lost or doubled', async () => {
  await using folder = await temporaryFolder()
  await using backend = await OtlpBackend.listen()
  const receiver = `127.0.0.1:${await freePort()}`
  const config = (timeout: string): object => stored(folder.path, { receiver, backend: backend.url, timeout })
  await using running = await startReloading(config('5s'))
  const load = startSpanLoad(receiver, 2)

  for (let round = 1; round <= 10; round++) {
    const { status, body } = await running.reload(config(`${5 + round}s`))
    expect([status, body.restarted]).toEqual([200, ['exporter:otlp_http']])
    const enough = load.requests() + 8
    while (load.requests() < enough) await elapse(1)
  }

  const { acknowledged, faults } = await load.stop()
  expect(faults).toEqual([])
  const books = await closedBooks(running.admin)
  expect(backend.spans.map(({ spanId }) => spanId).toSorted()).toEqual(acknowledged.toSorted())
  expect(bookOf(books, 'otlp').out).toBe(acknowledged.length)
  running.cli.signal('SIGTERM')
  expect(await running.cli.exit).toBe(0)
}, 60_000)

test('what waits on disk for a wrong address goes to the right one', async () => {
  await using folder = await temporaryFolder()
  await using backend = await OtlpBackend.listen()
  const receiver = `127.0.0.1:${await freePort()}`
  const nowhere = `http://127.0.0.1:${await freePort()}`
  await using running = await startReloading(stored(folder.path, { receiver, backend: nowhere }))
  const ids = Array.from({ length: 20 }, (_, index) => (index + 1).toString(16).padStart(16, '0'))
  for (const spanId of ids) {
    const span = { traceId: 'e'.repeat(32), spanId, name: 'work', startTime: 1n, endTime: 2n }
    expect(await sendOverHttp(receiver, tracesOf('test', [span]))).toBe(200)
  }

  const { status } = await running.reload(stored(folder.path, { receiver, backend: backend.url }))
  expect(status).toBe(200)

  await backend.waitForSpans(ids.length)
  expect(backend.spans.map(({ spanId }) => spanId).toSorted()).toEqual(ids)
  await closedBooks(running.admin)
}, 60_000)
