import { SpanloomError } from '@spanloom/core'
import type { Command } from 'commander'

import type { CliContext } from '../cli-context.ts'
import { addQueueFlags, type QueueFlags, withQueue } from './queue-files.ts'
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
        const count = await withQueue(flags, context, ({ file }) => {
          const chosen = [...notificationsOf(file.queue, 'dead')].filter(
            ({ endpoint }) => flags.endpoint === undefined || endpoint === flags.endpoint,
          )
          return file.queue.revive(
            chosen.map(({ record }) => record.id),
            Date.now(),
          ).length
        })
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
