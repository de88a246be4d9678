import { type Command, InvalidArgumentError } from 'commander'

import type { CliContext } from '../cli-context.ts'
import { type Entry, entriesOf, type StateFlag, stateOption, timeOf, toListing } from './queue-entries.ts'
import { addQueueFlags, type OpenQueue, type QueueFlags, withQueue, withQueues } from './queue-files.ts'
import { renderTable } from './queue-table.ts'
import type { Verb } from './verb.ts'

interface Flags extends QueueFlags {
  readonly state: StateFlag
  readonly limit: number
}

/** `spanloom queue ls`: all queues, or the entries of one. */
export function addQueueLs(queue: Command, context: CliContext, act: Parameters<Verb['define']>[2]): void {
  addQueueFlags(queue.command('ls'))
    .description('List the queues, or with --exporter or --receiver the entries of one.')
    .addOption(stateOption())
    .option('--limit <number>', 'at most so many entries; 0 for all', countOf, 100)
    .action((flags: Flags) =>
      act(async () => {
        const text =
          flags.exporter === undefined && flags.receiver === undefined
            ? await withQueues(flags, context, (queues) => summaries(queues, flags))
            : await withQueue(flags, context, (one) => listing(one, flags))
        context.stdout.write(text)
        return 0
      }),
    )
}

function summaries(queues: readonly OpenQueue[], { format }: Flags): string {
  const all = queues.map(({ exporter, file }) => ({ exporter, path: file.path, ...file.queue.stats() }))
  if (format === 'json') {
    const told = all.map(({ exporter, path, pending, pendingItems, pendingBytes, dead, oldestMs }) => ({
      exporter,
      path,
      pending,
      pending_spans: pendingItems,
      pending_bytes: pendingBytes,
      dead_letters: dead,
      oldest: oldestMs === undefined ? null : timeOf(oldestMs),
    }))
    return `${JSON.stringify(told, undefined, 2)}\n`
  }
  return renderTable(
    ['EXPORTER', 'PENDING', 'SPANS', 'BYTES', 'DEAD', 'OLDEST'],
    all.map(({ exporter, pending, pendingItems, pendingBytes, dead, oldestMs }) => [
      exporter,
      pending,
      pendingItems,
      pendingBytes,
      dead,
      oldestMs === undefined ? '-' : timeOf(oldestMs),
    ]),
  )
}

function listing({ file: { queue } }: OpenQueue, { state, limit, format }: Flags): string {
  const entries: Entry[] = []
  let isCut = false
  for (const entry of entriesOf(queue, state)) {
    isCut = limit > 0 && entries.length === limit
    if (isCut) break
    entries.push(entry)
  }
  if (format === 'json') return `${JSON.stringify(entries.map(toListing), undefined, 2)}\n`
  const table = renderTable(
    ['ID', 'STATE', 'SPANS', 'BYTES', 'ATTEMPTS', 'CREATED', 'DUE OR GIVEN UP', 'ERROR'],
    entries.map(({ state: own, record }) => [
      record.id,
      own,
      record.items,
      record.bytes,
      record.attempts,
      timeOf(record.createdMs),
      timeOf(record.dueMs),
      record.lastError ?? '-',
    ]),
  )
  return isCut ? `${table}There are more; --limit 0 shows all.\n` : table
}

function countOf(text: string): number {
  if (!/^[0-9]{1,9}$/.test(text)) throw new InvalidArgumentError(`"${text}" is no number of entries.`)
  return Number(text)
}
