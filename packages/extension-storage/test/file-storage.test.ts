import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { ConfigError, systemClock } from '@spanloom/core'
import { createComponent, fakeClock, testHost } from '@spanloom/core/testing'
import { describe, expect, onTestFinished, test } from 'vitest'

import { isOlder } from '../src/file-storage.ts'
import { fileStorageExtension } from '../src/index.ts'
import { temporaryFolder } from './setup.ts'
import { started } from './started.ts'

const owner = { kind: 'exporter', id: 'otlp/backend' } as const
const fileName = 'exporter_otlp_backend.db'
const bytes = (...values: readonly number[]): Uint8Array => new Uint8Array(values)

async function collected<T>(pages: AsyncIterable<readonly T[]>): Promise<readonly T[]> {
  const all: T[] = []
  for await (const page of pages) all.push(...page)
  return all
}

test('keeps everything of its three faces over a restart', async () => {
  const directory = temporaryFolder()
  const clock = fakeClock(1_000)
  const first = await started({ directory }, { clock })
  const before = await first.extension.storage.open(owner)
  const ids = await before.queue.append([
    { uid: 'a', destination: 1, body: bytes(1, 2), items: 3, attributes: bytes(9), dueMs: 5_000 },
    { destination: 2, body: bytes(4), items: 1 },
    { destination: 2, body: bytes(5), items: 1 },
  ])
  const [a = 0, b = 0, c = 0] = ids
  void before.queue.done([b])
  await before.queue.retry(a, 7_000, 503, 'busy')
  await before.queue.dead(c, 'gone')
  await before.fragments.write({
    append: [1, 2, 3].map((sequence) => ({ key: `k${sequence}`, sequence, bytes: bytes(sequence) })),
    remove: [2],
  })
  await before.index.put([
    { key: 'stays', value: bytes(1) },
    { key: 'stays too', value: bytes(2), expiresMs: 2_000 },
    { key: 'gone', value: bytes(3), expiresMs: 1_000 },
  ])
  await first.extension.shutdown(AbortSignal.timeout(5_000))

  const second = await started({ directory }, { clock })
  const file = await second.extension.storage.open(owner)

  const record = { items: 3, bytes: 2, createdMs: 1_000, attributes: bytes(9) }
  const pending = [
    {
      ...record,
      id: a,
      uid: 'a',
      destination: 1,
      attempts: 1,
      dueMs: 7_000,
      lastStatus: 503,
      lastError: 'busy',
    },
  ]
  expect(await file.queue.pending(0, 10)).toEqual(pending)
  expect(await file.queue.due(1, 7_000, 10)).toEqual(pending)
  expect(await file.queue.due(1, 6_999, 10)).toEqual([])
  expect(await file.queue.nextDueMs(1)).toBe(7_000)
  expect(await file.queue.body(a)).toEqual(bytes(1, 2))
  expect(await file.queue.deadLetters(0, 10)).toMatchObject([{ id: c, lastError: 'gone' }])
  expect(await file.queue.revive([b, c], 1)).toEqual([c])
  expect(await collected(file.fragments.scan())).toEqual([
    { key: 'k1', sequence: 1, bytes: bytes(1) },
    { key: 'k3', sequence: 3, bytes: bytes(3) },
  ])
  expect(await collected(file.fragments.scan(1))).toHaveLength(1)
  expect(await file.fragments.read([3, 2])).toMatchObject([{ sequence: 3 }])
  expect(await collected(file.index.entries('stays'))).toEqual([
    { key: 'stays', value: bytes(1) },
    { key: 'stays too', value: bytes(2), expiresMs: 2_000 },
  ])
  expect(await file.index.get('gone')).toBeUndefined()
  await file.index.delete(['stays'])
  expect(await file.index.get('stays')).toBeUndefined()
  expect(second.telemetry.logger.lines).toEqual([])
})

test('OUT-02: a consumer of 1000 simultaneous appends gets distinct ids in the order of its calls', async () => {
  const { extension } = await started({ directory: temporaryFolder() })
  const file = await extension.storage.open(owner)

  const ids = await Promise.all(
    Array.from({ length: 1_000 }, (_, at) =>
      file.queue.append([{ destination: 0, body: bytes(at & 255), items: 1 }]),
    ),
  )

  expect(ids.flat()).toEqual(Array.from({ length: 1_000 }, (_, at) => at + 1))
})

test('reads more pages than one, and may be left early', async () => {
  const { extension } = await started({ directory: temporaryFolder() })
  const file = await extension.storage.open(owner)
  const append = Array.from({ length: 40 }, (_, sequence) => ({
    key: `k${sequence}`,
    sequence,
    bytes: new Uint8Array(100_000).fill(sequence),
  }))
  await file.fragments.write({ append })

  expect(await collected(file.fragments.scan())).toEqual(append)
  for await (const page of file.fragments.scan()) {
    expect(page[0]).toEqual(append[0])
    break
  }
  expect(await file.fileBytes()).toBeGreaterThan(4_000_000)
})

describe('closing', () => {
  test('commits what waits, and is safe twice', async () => {
    const { extension } = await started({ directory: temporaryFolder() })
    const file = await extension.storage.open(owner)
    const appended = file.queue.append([{ destination: 0, body: bytes(1), items: 1 }])

    await Promise.all([file.close(), file.close()])

    await expect(appended).resolves.toEqual([1])
    await expect(file.queue.append([{ destination: 0, body: bytes(1), items: 1 }])).rejects.toMatchObject({
      code: 'SHUTDOWN',
    })
    const again = await extension.storage.open(owner)
    expect(await again.queue.stats()).toMatchObject({ pending: 1 })
  })

  test('lets the next owner wait for the one that leaves', async () => {
    const { extension, telemetry } = await started({ directory: temporaryFolder() })
    const file = await extension.storage.open(owner)

    void file.close()
    const next = await extension.storage.open(owner)

    expect(await next.queue.stats()).toMatchObject({ pending: 0 })
    expect(telemetry.logger.lines).toEqual([])
  })

  test('is done by the extension for those who forget', async () => {
    const directory = temporaryFolder()
    const { extension } = await started({ directory })
    await extension.storage.open(owner)
    await extension.shutdown(AbortSignal.timeout(5_000))

    const again = await started({ directory })
    await again.extension.storage.open(owner)

    expect(again.telemetry.logger.lines).toEqual([])
  })

  test('is bounded: without time the file is left as it is and checked the next time', async () => {
    const directory = temporaryFolder()
    const { extension, telemetry } = await started({ directory })
    const file = await extension.storage.open(owner)
    await file.queue.append([{ destination: 0, body: bytes(1), items: 1 }])
    void file.queue
      .append([{ destination: 0, body: new Uint8Array(8 << 20), items: 1 }])
      .catch(() => undefined)

    await extension.shutdown(AbortSignal.abort())

    expect(telemetry.logger.lines).toMatchObject([{ level: 'warn' }])
  })
})

describe('the start fails with a sentence', () => {
  const failure = async (settings: Readonly<Record<string, unknown>>): Promise<unknown> => {
    const extension = createComponent(fileStorageExtension, settings, { clock: systemClock })
    try {
      await extension.start(testHost())
      return undefined
    } catch (error) {
      return error
    } finally {
      await extension.shutdown(AbortSignal.timeout(5_000))
    }
  }

  test('when the directory is missing', async () => {
    const directory = join(temporaryFolder(), 'missing')

    expect(await failure({ directory })).toMatchObject({
      name: 'StartError',
      message: `the directory ${directory} does not exist`,
      hint: 'Create it, or set create_directory to true.',
    })
  })

  test('when the directory is a file', async () => {
    const directory = join(temporaryFolder(), 'file')
    writeFileSync(directory, '')

    expect(await failure({ directory })).toMatchObject({ message: `${directory} is not a directory` })
    expect(await failure({ directory: join(directory, 'a'), create_directory: true })).toMatchObject({
      message: `the directory ${join(directory, 'a')} cannot be created`,
    })
  })

  test('when nothing can be written to the directory', async () => {
    // Nobody, not even root, makes files here.
    expect(await failure({ directory: '/proc/self' })).toMatchObject({
      message: 'the directory /proc/self cannot be written to',
    })
  })

  test('but makes the directory when it is told to', async () => {
    const directory = join(temporaryFolder(), 'a', 'b')

    expect(
      await failure({ directory, create_directory: true, directory_permissions: '0700' }),
    ).toBeUndefined()

    expect(statSync(directory).mode & 0o777).toBe(0o700)
    expect(readdirSync(directory)).toEqual([])
  })
})

describe('opening fails with a sentence', () => {
  test('OUT-09: when another process uses the file; a killed one does not keep it', async () => {
    const directory = temporaryFolder()
    const path = join(directory, fileName)
    const child = spawn(process.execPath, [
      fileURLToPath(new URL('./lock-child.ts', import.meta.url)),
      path,
      'exporter otlp/backend',
    ])
    onTestFinished(() => void child.kill('SIGKILL'))
    await once(child.stdout, 'data')
    const { extension } = await started({ directory, timeout: '50ms' })

    await expect(extension.storage.open(owner)).rejects.toMatchObject({
      name: 'StartError',
      code: 'STORAGE_IN_USE',
      message: `storage file ${path} is in use by another process`,
    })

    child.kill('SIGKILL')
    await once(child, 'exit')
    const file = await extension.storage.open(owner)
    expect(await file.queue.stats()).toMatchObject({ pending: 0 })
  }, 20_000)

  test('when a component uses the file already', async () => {
    const directory = temporaryFolder()
    const { extension } = await started({ directory })
    await extension.storage.open(owner)

    await expect(extension.storage.open(owner)).rejects.toThrow(
      `storage file ${join(directory, fileName)} is in use by exporter otlp/backend`,
    )
    const other = await started({ directory })
    await expect(other.extension.storage.open(owner)).rejects.toThrow('It is open already.')
  })

  test('when the file belongs to another component whose name looks the same in it', async () => {
    const { extension } = await started({ directory: temporaryFolder() })
    const file = await extension.storage.open({ kind: 'exporter', id: 'otlp/http_x' })
    await file.close()

    await expect(extension.storage.open({ kind: 'exporter', id: 'otlp_http/x' })).rejects.toThrow(
      /cannot be used: It holds the data of exporter otlp\/http_x, not of exporter otlp_http\/x\./,
    )
  })

  test('when the file cannot be opened', async () => {
    const directory = temporaryFolder()
    mkdirSync(join(directory, fileName))
    const { extension } = await started({ directory })

    await expect(extension.storage.open(owner)).rejects.toMatchObject({ code: 'STORAGE_UNWRITABLE' })
    expect(existsSync(join(directory, fileName))).toBe(true)
  })

  test('when the extension does not run', async () => {
    const extension = createComponent(fileStorageExtension, { directory: temporaryFolder() })

    await expect(extension.storage.open(owner)).rejects.toThrow('the extension file_storage is not running')
  })
})

test('only its user can read a file', async () => {
  const directory = temporaryFolder()
  const { extension } = await started({ directory })
  const file = await extension.storage.open(owner)
  await file.index.put([{ key: 'k', value: bytes(1) }])

  for (const name of readdirSync(directory)) expect(statSync(join(directory, name)).mode & 0o777).toBe(0o600)
})

describe('settings', () => {
  test.each(['max_disk', 'min_free_disk', 'ballast'])('%s must be a number of bytes', (name) => {
    const make = (): unknown => createComponent(fileStorageExtension, { [name]: '1 IB' })
    expect(make).toThrow(ConfigError)
    expect(make).toThrow(name)
  })

  test('compaction and recreate are accepted', async () => {
    const { telemetry } = await started({
      directory: temporaryFolder(),
      compaction: { on_start: true, directory: '/tmp' },
      recreate: true,
      directory_permissions: 0o750,
    })

    expect(telemetry.logger.lines).toEqual([])
  })

  test('OUT-11: a runtime with an SQLite older than 3.51.3 is named', () => {
    expect(['3.51.2', '3.50.9', '3.51.3', '3.53.4', '4.0.0', undefined].map(isOlder)).toEqual([
      true,
      true,
      false,
      false,
      false,
      false,
    ])
  })
})
