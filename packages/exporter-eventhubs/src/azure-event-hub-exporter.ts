import { defineExporter, type ExporterFactory } from '@spanloom/core'
import { createHubProducer, hubConnectionSettings, hubProducerSettings } from '@spanloom/eventhubs'

import { createEventHubSender } from './event-hub-sender.ts'
import { checkSettings, eventSettings } from './settings.ts'

/** Sends spans to an Azure event hub, as OTLP or as Invictus flow traces (`eventhubs.md` chapter 13). */
export const azureEventHubExporter: ExporterFactory = defineExporter({
  type: 'azure_event_hub',
  stability: 'beta',
  description: 'Sends traces to Azure Event Hubs, as OTLP or as Invictus flow traces.',
  delivery: { timeout: '30s' },
  schema: {
    type: 'object',
    properties: { ...hubConnectionSettings, ...hubProducerSettings, ...eventSettings },
    additionalProperties: false,
  },
  validate: checkSettings,
  create: (options) =>
    createEventHubSender(options, ({ id, config, telemetry, clock }) =>
      createHubProducer({ id, config, telemetry, clock }),
    ),
})
