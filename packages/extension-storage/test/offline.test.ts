import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { listExporterFiles, openOffline, storagePath } from '../src/offline.ts'
import { started } from './started.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'spanloom-offline-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

const owner = { kind: 'exporter', id: 'otlp_http/back end' } as const

/** Stores three records, the second of them dead, and stops the storage. */
async function stored(): Promise<string> {
  const { extension } = await started({ directory })
  const { queue } = await extension.storage.open(owner)
  for (const text of ['one', 'two', 'three']) {
    await queue.append([{ destination: 0, body: Buffer.from(text), items: text.length }])
  }
  await queue.dead(2, 'permanent_error: no')
  await extension.shutdown(AbortSignal.timeout(5_000))
  return storagePath(directory, owner)
}

test('shows what a stopped collector left', async () => {
  const path = await stored()
  expect(listExporterFiles(directory)).toEqual([path])
  const file = openOffline(path)
  expect(file.owner).toBe('exporter otlp_http/back end')
  expect(file.queue.stats()).toMatchObject({ pending: 2, pendingItems: 8, dead: 1 })
  expect(file.queue.pending(0, 10).map(({ id }) => id)).toEqual([1, 3])
  expect(file.queue.deadLetters(0, 10)).toMatchObject([{ id: 2, lastError: 'permanent_error: no' }])
  expect(Buffer.from(file.queue.body(2) ?? []).toString()).toBe('two')
  file.close()
})

test('removes and revives', async () => {
  const path = await stored()
  const file = openOffline(path)
  expect(file.queue.revive([1, 2], 77)).toEqual([2])
  file.queue.remove([1, 99])
  file.close()

  const again = openOffline(path)
  expect(again.queue.pending(0, 10)).toMatchObject([{ id: 2, attempts: 0, dueMs: 77 }, { id: 3 }])
  again.close()
})

test('OUT-09: is refused while a collector uses the file, and keeps collectors away meanwhile', async () => {
  const path = await stored()
  const file = openOffline(path)
  const { extension } = await started({ directory, timeout: '0s' })
  await expect(extension.storage.open(owner)).rejects.toThrow('is in use by another process')
  file.close()

  await extension.storage.open(owner)
  expect(() => openOffline(path)).toThrow(`queue ${path} is in use by another process`)
})

test('leaves the mark of a file that was not closed', async () => {
  const path = await stored()
  const database = new DatabaseSync(path)
  database.exec("UPDATE meta SET v = 'open' WHERE k = 'state'")
  database.close()
  openOffline(path).close()
  const { extension, telemetry } = await started({ directory })
  await extension.storage.open(owner)
  expect(telemetry.logger.lines.map(({ message }) => message)).toContain(
    'A storage file was not closed the last time; it has been checked.',
  )
})

test('makes, mends and moves nothing', () => {
  const path = join(directory, 'exporter_x.db')
  expect(() => openOffline(path)).toThrow(`there is no queue at ${path}`)
  writeFileSync(path, 'no database '.repeat(1_000))
  expect(() => openOffline(path)).toThrow(`queue ${path} cannot be used`)
  const foreign = join(directory, 'exporter_y.db')
  const database = new DatabaseSync(foreign)
  database.exec('CREATE TABLE notes(text TEXT)')
  database.close()
  expect(() => openOffline(foreign)).toThrow(`queue ${foreign} cannot be used`)
  expect(readdirSync(directory).toSorted()).toEqual(['exporter_x.db', 'exporter_y.db'])
  expect(() => listExporterFiles(join(directory, 'nowhere'))).toThrow('cannot be read')
})
