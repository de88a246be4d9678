import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Worker } from 'node:worker_threads'

import { fakeClock, testTelemetry } from '@spanloom/core/testing'
import { describe, expect, onTestFinished, test } from 'vitest'

import { startWorker } from '../src/client/start-worker.ts'
import { ThreadClient, type ThreadClientOptions } from '../src/client/thread-client.ts'
import { temporaryFolder } from './setup.ts'
import { started } from './started.ts'

const owner = { kind: 'exporter', id: 'otlp' } as const

test('OUT-01: the main thread never loads the database', async () => {
  const child = fileURLToPath(new URL('./no-sqlite-child.ts', import.meta.url))

  const { stdout } = await promisify(execFile)(process.execPath, [child, temporaryFolder()])

  expect(stdout).toBe('pending 2\n')
}, 20_000)

describe('all extensions of a process', () => {
  test('share one thread', async () => {
    const workers: Worker[] = []
    const count = (worker: Worker): void => void workers.push(worker)
    process.on('worker', count)
    onTestFinished(() => void process.off('worker', count))

    const [a, b] = [
      await started({ directory: temporaryFolder() }),
      await started({ directory: temporaryFolder() }),
    ]
    const [fileA, fileB] = [await a.extension.storage.open(owner), await b.extension.storage.open(owner)]
    await a.extension.shutdown(AbortSignal.timeout(5_000))

    expect(workers).toHaveLength(1)
    await expect(fileA.queue.stats()).rejects.toThrow('The storage is closed.')
    await expect(fileB.queue.stats()).resolves.toMatchObject({ pending: 0 })
  })

  test('are fatally hit when it dies, and the files are safe', async () => {
    const telemetry = testTelemetry()
    const directory = temporaryFolder()
    const workers: Worker[] = []
    const count = (worker: Worker): void => void workers.push(worker)
    process.on('worker', count)
    onTestFinished(() => void process.off('worker', count))
    const { extension } = await started({ directory }, { telemetry })
    const file = await extension.storage.open(owner)
    await file.queue.append([{ destination: 0, body: new Uint8Array([1]), items: 1 }])

    const pending = file.queue.stats()
    await workers[0]?.terminate()

    await expect(pending).rejects.toMatchObject({ code: 'STORAGE_FAILED', permanent: false })
    await expect(file.queue.stats()).rejects.toMatchObject({ code: 'STORAGE_FAILED' })
    expect(telemetry.statusEvents).toMatchObject([
      { kind: 'FatalError', error: { message: 'The storage thread has ended.' } },
    ])
    await extension.shutdown(AbortSignal.timeout(5_000))

    const again = await started({ directory })
    const reopened = await again.extension.storage.open(owner)
    await expect(reopened.queue.stats()).resolves.toMatchObject({ pending: 1 })
  })
})

describe('memory on the main side', () => {
  const { id: _id, ...rest } = { id: 0, kind: 'close', file: 99 } as const

  function client(options: ThreadClientOptions): { client: ThreadClient; worker: Worker } {
    const worker = startWorker()
    onTestFinished(async () => void (await worker.terminate()))
    return { worker, client: new ThreadClient(worker, options) }
  }

  const request = (thread: ThreadClient, bytes: number, log?: number[], takes = true): Promise<unknown> =>
    thread.request({
      bytes,
      takes,
      build: (copy) => {
        log?.push(thread.uncommittedBytes)
        copy(new Uint8Array(bytes))
        return rest
      },
    })

  test('is bounded: what does not fit into the window waits', async () => {
    const { client: thread } = client({ windowBytes: 3_000 })
    const sent: number[] = []

    const all = Array.from({ length: 5 }, () => request(thread, 1_000, sent))
    await new Promise((resolve) => setImmediate(resolve))

    expect(sent).toHaveLength(2)
    await Promise.all(all)
    expect(sent).toHaveLength(5)
    expect(thread.uncommittedBytes).toBe(0)
  })

  test('is bounded: too much that waits is refused, unless it gives room back', async () => {
    const { client: thread } = client({ windowBytes: 1_000, maxWaitingBytes: 5_000 })

    const first = request(thread, 4_000)

    await expect(request(thread, 4_000)).rejects.toMatchObject({ code: 'STORAGE_BUSY', permanent: false })
    await Promise.all([first, request(thread, 4_000, [], false)])
  })

  test('takes a request that is larger than the window', async () => {
    const { client: thread } = client({ windowBytes: 1_000 })

    await Promise.all([request(thread, 50_000), request(thread, 50_000)])

    expect(thread.uncommittedBytes).toBe(0)
  })

  test('leaves the bytes of the caller usable', async () => {
    const { extension } = await started({ directory: temporaryFolder() }, { clock: fakeClock(5) })
    const file = await extension.storage.open(owner)
    const body = new Uint8Array([1, 2, 3])

    const [id = 0] = await file.queue.append([{ destination: 0, body, items: 1 }])

    expect(body).toEqual(new Uint8Array([1, 2, 3]))
    await expect(file.queue.body(id)).resolves.toEqual(body)
  })
})
