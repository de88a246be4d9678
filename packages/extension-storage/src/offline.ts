import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { type QueueRecord, type QueueStats, SpanloomError, type StorageOwner } from '@spanloom/core'

import { faultOf, FaultError } from './database/fault.ts'
import { requireKnownSchema } from './database/open-database.ts'
import { QueueTable } from './database/queue-table.ts'
import { describeOwner, fileNameOf } from './file-name.ts'

/** A storage file that no collector has open; everything here blocks. */
export interface OfflineFile {
  readonly path: string
  /** Whose data it holds, such as `exporter otlp_http/backend`. */
  readonly owner: string
  readonly queue: OfflineQueue
  close(): void
}

/** `QueueStore` for tools: it looks, removes and revives, and adds nothing. */
export interface OfflineQueue {
  stats(): QueueStats
  pending(after: number, limit: number): readonly QueueRecord[]
  deadLetters(after: number, limit: number): readonly QueueRecord[]
  body(id: number): Uint8Array | undefined
  /** Removes all of these records or, if that fails, none. */
  remove(ids: readonly number[]): void
  /** Makes dead letters pending, all or none; answers those that existed. */
  revive(ids: readonly number[], dueMs: number): readonly number[]
}

/** How long to wait for the lock of the file. */
const timeoutMs = 500

/** Files of exporters in the folder of a `file_storage`, by name. */
export function listExporterFiles(directory: string): readonly string[] {
  return listFiles(directory, (name) => name.startsWith('exporter_') && name.endsWith('.db'))
}

/** Files with the dead letters of receivers in the folder of a `file_storage`, by name. */
export function listKeptInputFiles(directory: string): readonly string[] {
  return listFiles(directory, (name) => name.startsWith('receiver_') && name.endsWith('_dead_letters.db'))
}

function listFiles(directory: string, isWanted: (name: string) => boolean): readonly string[] {
  try {
    return readdirSync(directory)
      .filter(isWanted)
      .toSorted()
      .map((name) => join(directory, name))
  } catch (cause) {
    throw new SpanloomError('STORAGE_DIRECTORY', `the directory ${directory} cannot be read`, { cause })
  }
}

/** Where the file of an owner lies, whether or not it is there. */
export function storagePath(directory: string, owner: StorageOwner): string {
  return join(directory, fileNameOf(owner))
}

/** How the owner of a file is called in it. */
export { describeOwner }

/**
 * Opens a file for a tool. It is neither made nor repaired nor moved aside.
 *
 * @throws SpanloomError when it is in use, missing or not what it should be.
 */
export function openOffline(path: string): OfflineFile {
  if (!existsSync(path)) throw new SpanloomError('STORAGE_MISSING', `there is no queue at ${path}`)
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(path, { timeout: timeoutMs, allowExtension: false })
    return openIn(database, path)
  } catch (error) {
    if (database?.isOpen === true) database.close()
    throw openError(path, error)
  }
}

function openIn(database: DatabaseSync, path: string): OfflineFile {
  for (const pragma of ['locking_mode = EXCLUSIVE', 'synchronous = FULL', 'temp_store = MEMORY']) {
    database.exec(`PRAGMA ${pragma}`)
  }
  // Takes the lock, so that no collector can start meanwhile.
  database.exec('BEGIN IMMEDIATE')
  const owner = requireKnownSchema(database)
  database.exec('COMMIT')
  const table = new QueueTable(database)
  const change = <Result>(work: () => Result): Result => {
    database.exec('BEGIN IMMEDIATE')
    try {
      const result = work()
      database.exec('COMMIT')
      return result
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK')
      throw openError(path, error)
    }
  }
  return {
    path,
    owner,
    queue: {
      stats: () => table.stats(),
      pending: (after, limit) => table.pending(after, limit),
      deadLetters: (after, limit) => table.deadLetters(after, limit),
      body: (id) => table.body(id),
      remove: (ids) => change(() => table.done(ids)),
      revive: (ids, dueMs) => change(() => table.revive(ids, dueMs)),
    },
    close: () => database.close(),
  }
}

function openError(path: string, error: unknown): SpanloomError {
  if (error instanceof SpanloomError) return error
  const { kind, message } = error instanceof FaultError ? error : faultOf(error)
  if (kind === 'in_use') {
    return new SpanloomError('STORAGE_IN_USE', `queue ${path} is in use by another process`, {
      hint: 'Stop the collector first; while it runs, only it can change its queue.',
    })
  }
  return new SpanloomError('STORAGE_UNUSABLE', `queue ${path} cannot be used: ${message}`)
}
