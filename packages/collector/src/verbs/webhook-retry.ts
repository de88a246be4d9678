import { SpanloomError } from '@spanloom/core'
import type { Command } from 'commander'

import type { CliContext } from '../cli-context.ts'
import { addQueueFlags, type OpenQueue, type QueueFlags, withQueues } from './queue-files.ts'
import type { Verb } from './verb.ts'
import { notificationsOf } from './webhook-entries.ts'

interface Flags extends QueueFlags {
  readonly endpoint?: string
}

/** `spanloom webhook retry`: dead letters of an endpoint, or of all, are sent again. */
export function addWebhookRetry(
  webhook: Command,
  context: CliContext,
  act: Parameters<Verb['define']>[2],
): void {
  addQueueFlags(webhook.command('retry'))
    .description(
      'Have dead letters sent again, under their old ids, from the next start of the collector on.',
    )
    .option('--endpoint <name>', 'only those of this endpoint')
    .action((flags: Flags) =>
      act(async () => {
        const count = await withQueues(flags, context, (queues) =>
          queues.reduce((sum, { file }) => sum + revive(file.queue, flags.endpoint), 0),
        )
        if (count === 0) {
          const whose = flags.endpoint === undefined ? '' : ` of the endpoint "${flags.endpoint}"`
          throw new SpanloomError('NO_ENTRY', `there are no dead letters${whose}`)
        }
        const told = `${count} ${count === 1 ? 'notification' : 'notifications'} will be sent again.`
        context.stdout.write(flags.format === 'json' ? `${JSON.stringify({ count })}\n` : `${told}\n`)
        return 0
      }),
    )
}

/** Answers how many there were. */
function revive(queue: OpenQueue['file']['queue'], endpoint: string | undefined): number {
  const chosen = [...notificationsOf(queue, 'dead')].filter(
    (entry) => endpoint === undefined || entry.endpoint === endpoint,
  )
  const ids = chosen.map(({ record }) => record.id)
  return ids.length === 0 ? 0 : queue.revive(ids, Date.now()).length
}
