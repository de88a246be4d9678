import { join } from 'node:path'

import { type Clock, type OwnerStorage, StartError, type Storage, type StorageOwner } from '@spanloom/core'

import { FileClient } from './client/file-client.ts'
import { type ThreadClient, ThreadFault } from './client/thread-client.ts'
import type { Fault } from './database/fault.ts'
import type { FileOptions, OpenedFile } from './database/store-file.ts'
import { describeOwner, fileNameOf } from './file-name.ts'
import type { StorageTelemetry } from './storage-telemetry.ts'

/** What all files of an extension have in common. */
export interface FilesOptions extends Omit<FileOptions, 'path' | 'owner' | 'nowMs'> {
  readonly directory: string
}

interface Slot {
  readonly owner: string
  readonly closed: Promise<void>
  client?: FileClient
}

/** The open files of one extension. */
export class StorageFiles implements Storage {
  readonly #thread: ThreadClient
  readonly #options: FilesOptions
  readonly #telemetry: StorageTelemetry
  readonly #clock: Clock
  /** By name in lower case: some file systems do not tell apart what differs only in that. */
  readonly #slots = new Map<string, Slot>()

  constructor(thread: ThreadClient, options: FilesOptions, telemetry: StorageTelemetry, clock: Clock) {
    this.#thread = thread
    this.#options = options
    this.#telemetry = telemetry
    this.#clock = clock
  }

  async open(owner: StorageOwner): Promise<OwnerStorage> {
    const { directory, ...common } = this.#options
    const options = { ...common, fsync: owner.fsync === true || common.fsync }
    const name = fileNameOf(owner)
    const path = join(directory, name)
    const slot = await this.#claim(name, path, describeOwner(owner))
    const file = this.#thread.addFile(({ fault }) => this.#telemetry.changed(path, fault))
    try {
      const nowMs = this.#clock.now()
      const opened = await this.#thread.request({
        bytes: 0,
        takes: false,
        build: () => ({ kind: 'open', file, options: { ...options, path, owner: slot.owner, nowMs } }),
      })
      // The thread answers a request to open with this.
      this.#telemetry.opened(path, opened as OpenedFile)
      slot.client = new FileClient(this.#thread, file, this.#clock, {
        refused: () => this.#telemetry.refused(),
        closed: () => {
          this.#telemetry.closed(path)
          slot.release()
        },
      })
      return slot.client
    } catch (error) {
      this.#thread.removeFile(file)
      slot.release()
      throw error instanceof ThreadFault ? openError(path, error.fault) : error
    }
  }

  /** Closes all files. What cannot be closed was told by the thread's end. */
  async close(): Promise<void> {
    const clients = [...this.#slots.values()].flatMap(({ client }) => client ?? [])
    await Promise.allSettled(clients.map((client) => client.close()))
  }

  /** Size of each open file, by its name. */
  async fileBytes(): Promise<ReadonlyMap<string, number>> {
    const sizes = new Map<string, number>()
    for (const [name, { client }] of this.#slots) {
      if (client === undefined || client.isClosing) continue
      const bytes = await client.fileBytes().catch(() => undefined)
      if (bytes !== undefined) sizes.set(name, bytes)
    }
    return sizes
  }

  /** Reserves the name, after an earlier user who is about to leave. */
  async #claim(name: string, path: string, owner: string): Promise<Slot & { release: () => void }> {
    const key = name.toLowerCase()
    for (let other = this.#slots.get(key); other !== undefined; other = this.#slots.get(key)) {
      if (other.client?.isClosing !== true) {
        throw new StartError('STORAGE_IN_USE', `storage file ${path} is in use by ${other.owner}`, {
          hint: 'Give one of the components another name.',
        })
      }
      await other.closed
    }
    const { promise, resolve } = Promise.withResolvers<void>()
    const slot = {
      owner,
      closed: promise,
      release: () => {
        this.#slots.delete(key)
        resolve()
      },
    }
    this.#slots.set(key, slot)
    return slot
  }
}

/** What keeps the owner from starting. */
function openError(path: string, { kind, message }: Fault): StartError {
  const cause = new Error(message)
  switch (kind) {
    case 'in_use':
      return new StartError('STORAGE_IN_USE', `storage file ${path} is in use by another process`, {
        cause,
        hint: 'Stop the other process, or give each a directory of its own.',
      })
    case 'full':
      return new StartError('STORAGE_FULL', `there is no room for storage file ${path}`, { cause })
    case 'unwritable':
      return new StartError('STORAGE_UNWRITABLE', `storage file ${path} cannot be written`, {
        cause,
        hint: 'The user that runs the collector needs permission to read and write it.',
      })
    case 'foreign':
    case 'damaged':
    case 'failed':
      return new StartError('STORAGE_UNUSABLE', `storage file ${path} cannot be used: ${message}`, { cause })
  }
}
