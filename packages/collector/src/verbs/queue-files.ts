import { existsSync } from 'node:fs'

import { SpanloomError, type StorageOwner } from '@spanloom/core'
import type { OfflineFile } from '@spanloom/extension-storage/offline'
import { type Command, Option } from 'commander'

import type { CliContext } from '../cli-context.ts'
import { addConfigFlags, type ConfigFlags, loadFromFlags } from '../config-flags.ts'

/** Flags that say which queues a verb is about. */
export interface QueueFlags extends ConfigFlags {
  readonly directory?: string
  readonly exporter?: string
  readonly receiver?: string
  readonly format: 'table' | 'json'
}

/** The queue of one exporter, or the dead letters of one receiver. */
export interface OpenQueue {
  /** Whose queue it is: the id of an exporter, or `receiver` and the id of one. */
  readonly exporter: string
  readonly file: OfflineFile
}

export function addQueueFlags(command: Command): Command {
  return addConfigFlags(command)
    .option('--directory <directory>', 'folder of the file_storage; instead of --config')
    .option('--exporter <id>', 'exporter whose queue it is; needed where there are several')
    .option('--receiver <id>', 'receiver whose dead letters they are')
    .addOption(new Option('--format <format>').choices(['table', 'json']).default('table'))
}

const ownerPattern = /^(?:exporter (?<exporter>.+)|(?<receiver>receiver .+) in pipeline dead_letters)$/s

/** How a queue is called; `undefined` for a file that holds something else. */
function nameOf(owner: string): string | undefined {
  const { exporter, receiver } = ownerPattern.exec(owner)?.groups ?? {}
  return exporter ?? receiver
}

/**
 * Opens all queues that the flags name, hands them to `work` and closes them.
 *
 * @throws SpanloomError when a queue is in use, or none is found.
 */
export async function withQueues<Result>(
  flags: QueueFlags,
  context: CliContext,
  work: (queues: readonly OpenQueue[]) => Result,
): Promise<Result> {
  const { openOffline } = await import('@spanloom/extension-storage/offline')
  const paths = await pathsOf(flags, context)
  const open: OfflineFile[] = []
  try {
    for (const path of paths) open.push(openOffline(path))
    const queues = open.flatMap((file) => {
      const exporter = nameOf(file.owner)
      return exporter === undefined ? [] : [{ exporter, file }]
    })
    return await work(queues)
  } finally {
    for (const file of open) file.close()
  }
}

/** As `withQueues`, for verbs that are about one queue. */
export function withQueue<Result>(
  flags: QueueFlags,
  context: CliContext,
  work: (queue: OpenQueue) => Result,
): Promise<Result> {
  return withQueues(flags, context, (queues) => {
    const [queue, ...others] = queues
    if (queue === undefined) throw new SpanloomError('NO_QUEUE', 'there is no stored queue')
    if (others.length === 0) return work(queue)
    const ids = queues.map(({ exporter }) => exporter).join(', ')
    throw new SpanloomError('QUEUE_AMBIGUOUS', `there are several queues: ${ids}`, {
      hint: ids.includes('receiver ')
        ? 'Name one with --exporter or --receiver.'
        : 'Name one with --exporter.',
    })
  })
}

/** Files that the flags name; of a configuration, those that exist. */
async function pathsOf(flags: QueueFlags, context: CliContext): Promise<readonly string[]> {
  const offline = await import('@spanloom/extension-storage/offline')
  const { directory, exporter, receiver } = flags
  if ((directory === undefined) === (flags.config.length === 0)) {
    throw new SpanloomError('NO_QUEUE', 'say where the queues are with --directory or with --config')
  }
  if (exporter !== undefined && receiver !== undefined) {
    throw new SpanloomError('NO_QUEUE', 'name an exporter or a receiver, not both')
  }
  const named = exporter ?? receiver
  if (directory !== undefined) {
    if (named !== undefined) {
      return [
        offline.storagePath(directory, ownerOf(exporter === undefined ? 'receiver' : 'exporter', named)),
      ]
    }
    return [...offline.listExporterFiles(directory), ...offline.listKeptInputFiles(directory)]
  }
  const configured = (await configuredQueues(flags, context)).filter(
    ({ kind, id }) =>
      named === undefined || (id === named && kind === (exporter === undefined ? 'receiver' : 'exporter')),
  )
  if (named !== undefined && configured.length === 0) {
    throw new SpanloomError(
      'NO_QUEUE',
      exporter === undefined
        ? `the configuration has no dead letters of a receiver "${named}"`
        : `the configuration has no stored queue of an exporter "${named}"`,
    )
  }
  const paths = configured.map(({ kind, id, folder }) => offline.storagePath(folder, ownerOf(kind, id)))
  return named === undefined ? paths.filter((path) => existsSync(path)) : paths
}

interface ConfiguredQueue {
  readonly kind: 'exporter' | 'receiver'
  readonly id: string
  readonly folder: string
}

function ownerOf(kind: ConfiguredQueue['kind'], id: string): StorageOwner {
  return kind === 'exporter' ? { kind, id } : { kind, id, pipeline: 'dead_letters' }
}

async function configuredQueues(flags: QueueFlags, context: CliContext): Promise<readonly ConfiguredQueue[]> {
  const { exporters, receivers, extensions } = await loadFromFlags(flags, context)
  const queueOf = (
    kind: ConfiguredQueue['kind'],
    id: string,
    storage: string | undefined,
  ): ConfiguredQueue[] => {
    const folder = storage === undefined ? undefined : textAt(extensions.get(storage)?.config, 'directory')
    return folder === undefined ? [] : [{ kind, id, folder }]
  }
  return [
    ...[...exporters.values()].flatMap(({ id, config }) =>
      queueOf('exporter', id, textAt(config, 'sending_queue', 'storage') ?? textAt(config, 'storage')),
    ),
    ...[...receivers.values()].flatMap(({ id, config }) =>
      queueOf('receiver', id, textAt(config, 'dead_letters', 'storage') ?? textAt(config, 'storage')),
    ),
  ]
}

/** The text that lies at a path of settings, whatever else they are. */
function textAt(settings: unknown, ...path: readonly string[]): string | undefined {
  let value = settings
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return undefined
    value = Object.entries(value).find(([name]) => name === key)?.[1]
  }
  return typeof value === 'string' ? value : undefined
}
