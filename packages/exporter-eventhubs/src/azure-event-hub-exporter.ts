import { defineExporter, type ExporterFactory } from '@spanloom/core'
import { createHubProducer, hubConnectionSettings, hubProducerSettings } from '@spanloom/eventhubs'

import { createEventHubSender, type CreateProducer } from './event-hub-sender.ts'
import { checkSettings, eventSettings } from './settings.ts'

/** Declares the exporter over any producer. */
export function defineAzureEventHubExporter(createProducer: CreateProducer): ExporterFactory {
  return defineExporter({
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
    create: (options) => createEventHubSender(options, createProducer),
  })
}

/** Sends spans to an Azure event hub, as OTLP or as Invictus flow traces (`eventhubs.md` chapter 13). */
export const azureEventHubExporter: ExporterFactory = defineAzureEventHubExporter(
  ({ id, config, telemetry, clock }) =>
    createHubProducer({ id, config, telemetry, clock, timeoutMs: timeoutOf(config) }),
)

/** The limit of one attempt is among the settings that the delivery adds. */
function timeoutOf(config: object): number {
  return 'timeout' in config && typeof config.timeout === 'number' ? config.timeout : 0
}
