import { SpanloomError } from '@spanloom/core'

import type { Verb } from './verb.ts'
import { addWebhookLs } from './webhook-ls.ts'
import { addWebhookRetry } from './webhook-retry.ts'
import { addWebhookTest } from './webhook-test.ts'

/** Tries endpoints of the webhook exporter, and looks after what they did not take. */
export const webhookVerb: Verb = {
  define(program, context, act) {
    const webhook = program
      .command('webhook')
      .description('Try endpoints of the webhook exporter, and see to what they did not take.')
      .action(() => act(() => Promise.reject(noVerb())))
    for (const add of [addWebhookTest, addWebhookLs, addWebhookRetry]) add(webhook, context, act)
  },
}

const noVerb = (): SpanloomError =>
  new SpanloomError('NO_VERB', 'say what to do with the webhooks', { hint: 'There are test, ls and retry.' })
