import { SpanloomError } from '@spanloom/core'
import type { OfflineQueue } from '@spanloom/extension-storage/offline'
import type { Command } from 'commander'

import type { CliContext } from '../cli-context.ts'
import { countOfEntries, entriesById, entriesOf, type Entry, idArguments } from './queue-entries.ts'
import { addQueueFlags, type QueueFlags, withQueue } from './queue-files.ts'
import type { Verb } from './verb.ts'

interface Flags extends QueueFlags {
  readonly all?: boolean
}

type Act = Parameters<Verb['define']>[2]

/** `spanloom queue retry`: dead letters become pending again. */
export function addQueueRetry(queue: Command, context: CliContext, act: Act): void {
  addQueueFlags(queue.command('retry'))
    .description('Have dead letters sent again, from the next start of the collector on.')
    .argument('[ids...]', 'ids of dead letters, as ls lists them', idArguments)
    .option('--all', 'all dead letters')
    .action((ids: readonly number[], flags: Flags) =>
      act(() =>
        change(ids, flags, context, 'will be sent again', (store, entries) => {
          const pending = entries.flatMap(({ state, record }) => (state === 'pending' ? [record.id] : []))
          if (pending.length > 0) {
            throw new SpanloomError('NOT_DEAD', `no dead letter: ${pending.join(', ')}`, {
              hint: 'Pending entries are sent without this.',
            })
          }
          store.revive(idsOf(entries), Date.now())
        }),
      ),
    )
}

/** `spanloom queue drop`: entries go for good. */
export function addQueueDrop(queue: Command, context: CliContext, act: Act): void {
  addQueueFlags(queue.command('drop'))
    .description('Remove entries for good.')
    .argument('[ids...]', 'ids of entries, as ls lists them', idArguments)
    .option('--all', 'all dead letters; pending entries go only by their ids')
    .action((ids: readonly number[], flags: Flags) =>
      act(() => change(ids, flags, context, 'removed', (store, entries) => store.remove(idsOf(entries)))),
    )
}

async function change(
  ids: readonly number[],
  flags: Flags,
  context: CliContext,
  what: string,
  apply: (queue: OfflineQueue, entries: readonly Entry[]) => void,
): Promise<number> {
  if ((flags.all === true) === ids.length > 0) {
    throw new SpanloomError('NO_ENTRY', 'name the entries by their ids, or all dead letters with --all')
  }
  const entries = await withQueue(flags, context, ({ file }) => {
    const chosen = flags.all === true ? [...entriesOf(file.queue, 'dead')] : entriesById(file.queue, ids)
    apply(file.queue, chosen)
    return chosen
  })
  const spans = entries.reduce((sum, { record }) => sum + record.items, 0)
  context.stdout.write(
    flags.format === 'json'
      ? `${JSON.stringify({ ids: idsOf(entries), spans })}\n`
      : `${countOfEntries(entries.length)} with ${spans} spans ${what}.\n`,
  )
  return 0
}

const idsOf = (entries: readonly Entry[]): readonly number[] => entries.map(({ record }) => record.id)
