import { type ExporterFactory, factoryOf } from '@spanloom/core'

import { checkSettings } from './check-settings.ts'
import { schema } from './settings.ts'
import { WebhookExporter } from './webhook-exporter.ts'

/** Tells endpoints of spans that they subscribed to, with signed webhooks through an outbox (`orchest.md` section 7). */
export const webhookExporter: ExporterFactory<WebhookExporter> = factoryOf(
  'exporter',
  {
    type: 'webhook',
    stability: 'beta',
    description: 'Delivers finished spans to subscribers as signed webhooks, through a durable outbox.',
    schema,
    overlaps: false,
    validate: checkSettings,
  },
  (options, config) => new WebhookExporter({ ...options, config }),
)
