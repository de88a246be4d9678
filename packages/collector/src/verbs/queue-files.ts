import { existsSync } from 'node:fs'

import { SpanloomError } from '@spanloom/core'
import type { OfflineFile } from '@spanloom/extension-storage/offline'
import { type Command, Option } from 'commander'

import type { CliContext } from '../cli-context.ts'
import { addConfigFlags, type ConfigFlags, loadFromFlags } from '../config-flags.ts'

/** Flags that say which queues a verb is about. */
export interface QueueFlags extends ConfigFlags {
  readonly directory?: string
  readonly exporter?: string
  readonly format: 'table' | 'json'
}

/** The queue of one exporter. */
export interface OpenQueue {
  /** Id of the exporter. */
  readonly exporter: string
  readonly file: OfflineFile
}

export function addQueueFlags(command: Command): Command {
  return addConfigFlags(command)
    .option('--directory <directory>', 'folder of the file_storage; instead of --config')
    .option('--exporter <id>', 'exporter whose queue it is; needed where there are several')
    .addOption(new Option('--format <format>').choices(['table', 'json']).default('table'))
}

const ownerPrefix = 'exporter '

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
    const queues = open
      .filter(({ owner }) => owner.startsWith(ownerPrefix))
      .map((file) => ({ exporter: file.owner.slice(ownerPrefix.length), file }))
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
      hint: 'Name one with --exporter.',
    })
  })
}

/** Files that the flags name; of a configuration, those that exist. */
async function pathsOf(flags: QueueFlags, context: CliContext): Promise<readonly string[]> {
  const { listExporterFiles, storagePath } = await import('@spanloom/extension-storage/offline')
  const { directory, exporter } = flags
  if ((directory === undefined) === (flags.config.length === 0)) {
    throw new SpanloomError('NO_QUEUE', 'say where the queues are with --directory or with --config')
  }
  if (directory !== undefined) {
    return exporter === undefined
      ? listExporterFiles(directory)
      : [storagePath(directory, { kind: 'exporter', id: exporter })]
  }
  const configured = await configuredQueues(flags, context)
  const named = configured.filter(({ id }) => exporter === undefined || id === exporter)
  if (exporter !== undefined && named.length === 0) {
    throw new SpanloomError('NO_QUEUE', `the configuration has no stored queue of an exporter "${exporter}"`)
  }
  const paths = named.map(({ id, folder }) => storagePath(folder, { kind: 'exporter', id }))
  return exporter === undefined ? paths.filter((path) => existsSync(path)) : paths
}

async function configuredQueues(
  flags: QueueFlags,
  context: CliContext,
): Promise<readonly { readonly id: string; readonly folder: string }[]> {
  const { exporters, extensions } = await loadFromFlags(flags, context)
  return [...exporters.values()].flatMap(({ id, config }) => {
    const storage = textAt(config, 'sending_queue', 'storage') ?? textAt(config, 'storage')
    const folder = storage === undefined ? undefined : textAt(extensions.get(storage)?.config, 'directory')
    return folder === undefined ? [] : [{ id, folder }]
  })
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
