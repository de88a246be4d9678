import type { Command } from 'commander'

import type { CliContext } from '../cli-context.ts'
import { timeOf } from './queue-entries.ts'
import { addQueueFlags, type OpenQueue, type QueueFlags, withQueues } from './queue-files.ts'
import { renderTable } from './queue-table.ts'
import type { Verb } from './verb.ts'
import { notificationsOf } from './webhook-entries.ts'

interface Summary {
  waiting: number
  dead: number
  oldestMs: number
  lastError: string
}

/** `spanloom webhook ls`: what waits for each endpoint, and what was given up. */
export function addWebhookLs(
  webhook: Command,
  context: CliContext,
  act: Parameters<Verb['define']>[2],
): void {
  addQueueFlags(webhook.command('ls'))
    .description('List endpoints with what waits for them and what was given up, of a stopped collector.')
    .action((flags: QueueFlags) =>
      act(async () => {
        context.stdout.write(await withQueues(flags, context, (queues) => summaries(queues, flags)))
        return 0
      }),
    )
}

function summaries(queues: readonly OpenQueue[], { format }: QueueFlags): string {
  const rows = queues.flatMap(({ exporter, file }) =>
    [...byEndpoint(file.queue)].map(([endpoint, summary]) => ({ exporter, endpoint, ...summary })),
  )
  if (format === 'json') {
    const told = rows.map(({ exporter, endpoint, waiting, dead, oldestMs, lastError }) => ({
      exporter,
      endpoint,
      waiting,
      dead_letters: dead,
      oldest: timeOf(oldestMs),
      ...(lastError === '' ? {} : { last_error: lastError }),
    }))
    return `${JSON.stringify(told, undefined, 2)}\n`
  }
  return renderTable(
    ['EXPORTER', 'ENDPOINT', 'WAITING', 'DEAD', 'OLDEST', 'LAST ERROR'],
    rows.map(({ exporter, endpoint, waiting, dead, oldestMs, lastError }) => [
      exporter,
      endpoint,
      waiting,
      dead,
      timeOf(oldestMs),
      lastError || '-',
    ]),
  )
}

function byEndpoint(queue: OpenQueue['file']['queue']): ReadonlyMap<string, Summary> {
  const summaries = new Map<string, Summary>()
  for (const { endpoint, state, record } of notificationsOf(queue, 'all')) {
    const summary = summaries.get(endpoint) ?? {
      waiting: 0,
      dead: 0,
      oldestMs: record.createdMs,
      lastError: '',
    }
    if (state === 'dead') summary.dead++
    else summary.waiting++
    summary.oldestMs = Math.min(summary.oldestMs, record.createdMs)
    summary.lastError = record.lastError ?? summary.lastError
    summaries.set(endpoint, summary)
  }
  return summaries
}
