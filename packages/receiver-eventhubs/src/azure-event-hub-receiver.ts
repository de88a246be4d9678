import {
  type Component,
  type ConfigOf,
  defineReceiver,
  KeptInput,
  keptInputSettings,
  type ReceiverFactory,
} from '@spanloom/core'
import {
  checkHubConsumer,
  createHubConsumer,
  hubConnectionSettings,
  type HubConsumer,
  type HubConsumerOptions,
  hubConsumerSettings,
  ReplayFilter,
} from '@spanloom/eventhubs'

import { createEventIntake } from './event-intake.ts'

/** Makes a consumer; tests hand in one that needs no hub. */
export type CreateConsumer = (options: HubConsumerOptions) => HubConsumer

/** Settings beside those of the hub. */
const eventSettings = {
  encoding: {
    type: 'string',
    enum: ['auto', 'otlp_proto', 'otlp_json'],
    default: 'auto',
    description:
      'What an event is. With `auto` the content type decides, and where it says neither protobuf nor JSON, the body does.',
  },
  max_body_size: {
    type: 'integer',
    minimum: 1,
    default: 20_971_520,
    description: 'Bytes of an event, before and after decompression; a larger one is rejected.',
  },
  dead_letters: keptInputSettings as typeof keptInputSettings,
  apply_semantic_conventions: {
    any: true,
    ignored: 'apply_semantic_conventions has no effect: events are OTLP.',
  },
  time_formats: { any: true, ignored: 'time_formats has no effect: events are OTLP.' },
  metric_aggregation: { any: true, ignored: 'metric_aggregation has no effect: there are only traces here.' },
} as const

type EventConfig = ConfigOf<{ readonly type: 'object'; readonly properties: typeof eventSettings }>

/** Declares the receiver over any consumer. */
export function defineAzureEventHubReceiver(createConsumer: CreateConsumer): ReceiverFactory {
  return defineReceiver({
    type: 'azure_event_hub',
    stability: 'beta',
    description: 'Receives OTLP, also fragments of spans, from Azure Event Hubs.',
    schema: {
      type: 'object',
      properties: { ...hubConnectionSettings, ...hubConsumerSettings, ...eventSettings },
      additionalProperties: false,
    },
    transports: ({ transport }) => [transport],
    validate: checkHubConsumer,
    create({ id, config, next, telemetry, clock }) {
      const own: EventConfig = config
      const kept = new KeptInput({ id, config: own.dead_letters, telemetry, clock })
      const intake = createEventIntake({
        id,
        transport: config.transport,
        decode: { encoding: own.encoding, maxBodySize: own.max_body_size },
        next,
        telemetry,
        clock,
        kept,
        replay: new ReplayFilter(config.max_trace_duration),
      })
      const consumer = createConsumer({
        id,
        config,
        telemetry,
        clock,
        onEvents: (batch) => intake.take(batch),
      })
      return joined(consumer, kept, intake)
    },
  })
}

/** Receives OTLP and fragments from an Azure event hub (`eventhubs.md` chapter 13). */
export const azureEventHubReceiver: ReceiverFactory = defineAzureEventHubReceiver((options) =>
  createHubConsumer(options),
)

function joined(
  consumer: HubConsumer,
  kept: KeptInput,
  intake: Pick<ReturnType<typeof createEventIntake>, 'retry'>,
): Component {
  return {
    async start(host) {
      await kept.start(host, (input) => intake.retry(input))
      try {
        await consumer.start(host)
      } catch (error) {
        await kept.shutdown()
        throw error
      }
    },
    async shutdown(signal) {
      await consumer.shutdown(signal)
      await kept.shutdown()
    },
  }
}
