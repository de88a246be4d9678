import { resolve } from 'node:path'

import {
  type ConfigOf,
  defineExtension,
  type Extension,
  type ExtensionFactory,
  type ExtensionOptions,
  StartError,
  type Storage,
} from '@spanloom/core'

import { byteSize } from './byte-size.ts'
import { leaseThread, type ThreadLease } from './client/shared-thread.ts'
import { prepareDirectory } from './directory.ts'
import { defaultDirectory, settings } from './settings.ts'
import { StorageFiles } from './storage-files.ts'
import { StorageTelemetry } from './storage-telemetry.ts'

/** `file_storage` while it runs. */
export interface FileStorage extends Extension {
  readonly storage: Storage
}

const schema = {
  type: 'object',
  properties: { ...settings, directory: { ...settings.directory, default: defaultDirectory } },
  additionalProperties: false,
} as const

type Settings = ConfigOf<typeof schema>

/** Below this version SQLite can damage a file that two connections write to (OUT-11). */
const safeVersion = [3, 51, 3] as const

/**
 * Keeps queues and open spans in files on local disk, so that nothing that was acknowledged is lost when the process
 * dies (`design.md` section 4).
 */
export const fileStorageExtension: ExtensionFactory<FileStorage> = defineExtension({
  type: 'file_storage',
  stability: 'beta',
  offers: ['storage'],
  description: 'Keeps sending queues and open spans in files on local disk, so that a crash loses nothing.',
  schema,
  validate(config, report) {
    for (const name of ['max_disk', 'min_free_disk', 'ballast'] as const) {
      if (byteSize(config[name]) === undefined) {
        report([name], `"${config[name]}" is no number of bytes`, 'such as 256MiB')
      }
    }
  },
  create: (options) => createFileStorage(options),
})

function createFileStorage({ id, config, telemetry, clock }: ExtensionOptions<Settings>): FileStorage {
  const told = new StorageTelemetry(id, telemetry, clock)
  let lease: ThreadLease | undefined
  let files: StorageFiles | undefined
  let forget: (() => void) | undefined

  return {
    storage: {
      async open(owner) {
        if (files === undefined) {
          throw new StartError('STORAGE_NOT_RUNNING', `the extension ${id} is not running`)
        }
        return files.open(owner)
      },
    },

    async start() {
      const { sqlite } = process.versions
      if (isOlder(sqlite)) {
        telemetry.logger.warn('The SQLite of this runtime has a known defect; use a newer Node.js.', {
          version: sqlite,
          needed: safeVersion.join('.'),
        })
      }
      await prepareDirectory({
        directory: config.directory,
        create: config.create_directory,
        mode: modeOf(config.directory_permissions),
      })
      lease = leaseThread()
      const { thread } = lease
      forget = thread.onDeath((error) => told.died(error))
      files = new StorageFiles(thread, fileOptions(config), told, clock)
      const running = files
      told.watch({
        uncommittedBytes: () => thread.uncommittedBytes,
        fileBytes: () => running.fileBytes(),
      })
    },

    async shutdown(signal) {
      const [closing, released] = [files, lease]
      files = undefined
      lease = undefined
      told.stop()
      if (closing === undefined || released === undefined) return
      if (!(await endsBefore(signal, closing.close()))) {
        telemetry.logger.warn(
          'The storage files could not be closed in time; they will be checked at the next start.',
        )
      }
      forget?.()
      await endsBefore(signal, released.release())
    },
  }
}

/** YAML reads digits without quotes as an octal number already. */
function modeOf(permissions: string | number): number {
  return typeof permissions === 'number' ? permissions : Number.parseInt(permissions, 8)
}

function fileOptions(config: Settings): ConstructorParameters<typeof StorageFiles>[1] {
  return {
    directory: resolve(config.directory),
    fsync: config.fsync,
    timeoutMs: config.timeout,
    maxBytes: byteSize(config.max_disk) ?? 0,
    minFreeBytes: byteSize(config.min_free_disk) ?? 0,
    ballastBytes: byteSize(config.ballast) ?? 0,
  }
}

/** Whether a version is older than the first safe one. A runtime that does not tell has SQLite of the system. */
export function isOlder(version: string | undefined): boolean {
  if (version === undefined) return false
  const parts = version.split('.').map(Number)
  for (const [at, needed] of safeVersion.entries()) {
    const part = parts[at] ?? 0
    if (part !== needed) return part < needed
  }
  return false
}

/** Whether `work` ends before the signal aborts. */
async function endsBefore(signal: AbortSignal, work: Promise<void>): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const giveUp = (): void => resolve(false)
  signal.addEventListener('abort', giveUp, { once: true })
  try {
    const ended = work.then(() => true)
    return await (signal.aborted ? Promise.race([ended, settled()]) : Promise.race([ended, promise]))
  } finally {
    signal.removeEventListener('abort', giveUp)
  }
}

/** Gives what is done already the chance to say so. */
function settled(): Promise<boolean> {
  return new Promise((resolve) => setImmediate(() => resolve(false)))
}
