import {
  checkHttpServer,
  type Component,
  defineReceiver,
  httpClientSettings,
  httpServerSettings,
  httpSourceSettings,
  type ReceiverFactory,
} from '@spanloom/core'
import {
  checkHubConsumer,
  createHubConsumer,
  hubConnectionSettings,
  hubConsumerSettings,
} from '@spanloom/eventhubs'

import { httpIntake } from './http/http-intake.ts'
import { type CreateConsumer, HubIntake } from './hub/hub-intake.ts'
import { createMetrics } from './metrics.ts'
import { Relay } from './relay/relay.ts'
import { createRelaying } from './relay/relaying.ts'
import { eventSettings, httpIntakeSettings, hubIntakeSettings, relaySettings } from './settings.ts'
import { EventSpanMaker } from './spans/event-spans.ts'

const { endpoint: _, ...clientSettings } = httpClientSettings

/** A running receiver. */
export interface CloudEventsReceiver extends Component {
  /** Where its HTTP side listens; `undefined` without one and before the start. */
  readonly url: URL | undefined
}

/** Declares the receiver over any consumer of hubs. */
export function defineCloudEventsReceiver(
  createConsumer: CreateConsumer,
): ReceiverFactory<CloudEventsReceiver> {
  return defineReceiver({
    type: 'cloudevents',
    stability: 'beta',
    description: 'Receives CloudEvents over HTTP or from an event hub, makes spans of them, and relays them.',
    schema: {
      type: 'object',
      properties: {
        http: {
          type: 'object',
          section: 'ready',
          description: 'Takes events over HTTP in binary, structured and batch mode.',
          properties: {
            ...httpServerSettings,
            ...httpSourceSettings,
            ...httpIntakeSettings,
            endpoint: { ...httpServerSettings.endpoint, default: 'localhost:8080' },
            path: { ...httpSourceSettings.path, default: '/events', description: 'Path that takes events.' },
          },
          additionalProperties: false,
        },
        event_hub: {
          type: 'object',
          section: 'bare',
          description: 'Reads events from an Azure event hub, over AMQP or its Kafka endpoint.',
          properties: { ...hubConnectionSettings, ...hubConsumerSettings, ...hubIntakeSettings },
          additionalProperties: false,
        },
        relay: {
          type: 'object',
          section: 'bare',
          description: 'Where `mode: relay` forwards events to.',
          properties: { ...clientSettings, ...relaySettings },
          required: ['url'],
          additionalProperties: false,
        },
        ...eventSettings,
      },
      additionalProperties: false,
    },
    transports: ({ http, event_hub: hub }) => [...(http ? ['http'] : []), ...(hub ? ['event_hub'] : [])],
    validate(config, report) {
      const { http, event_hub: hub, mode, relay, webhook } = config
      if (http === undefined && hub === undefined)
        report([], 'one of http and event_hub must be specified', 'Add http: for the defaults.')
      if (http !== undefined) checkHttpServer(http, ['http'], report)
      if (hub !== undefined) checkHubConsumer(hub, (path, ...more) => report(['event_hub', ...path], ...more))
      if (mode === 'relay' && relay === undefined) {
        report(['relay'], 'mode: relay needs to know where to', 'Set relay.url to the URL of the consumer.')
      }
      if (mode === 'sink' && relay !== undefined) {
        report(['relay'], 'only mode: relay forwards events', 'Set mode: relay, or leave relay out.')
      }
      if (webhook.require_handshake && webhook.allowed_origins.length === 0) {
        report(['webhook', 'allowed_origins'], 'require_handshake needs at least one allowed origin')
      }
    },
    create(options) {
      const { id, config, next, telemetry, clock, build } = options
      const spans = new EventSpanMaker(config, id, build.version)
      const metrics = createMetrics(id, telemetry)
      const target = config.relay && new Relay({ config: config.relay, clock, telemetry, build })
      const now = (): number => clock.now()
      const relay = target && createRelaying({ config, relay: target, spans, metrics, next, telemetry, now })
      const shared = { ...options, spans, metrics, relay, createConsumer }
      const http = config.http && httpIntake({ ...shared, http: config.http })
      const hub = config.event_hub && new HubIntake({ ...shared, hub: config.event_hub })
      return {
        get url() {
          return http?.url
        },
        async start(host) {
          await target?.start(host)
          await http?.start(host)
          await hub?.start(host)
        },
        async shutdown(signal) {
          await Promise.all([http?.shutdown(signal), hub?.shutdown(signal)])
          await target?.shutdown(signal)
        },
      }
    },
  })
}

/** Makes spans of CloudEvents, and relays them where it is told to (`cloudevents.md`). */
export const cloudEventsReceiver: ReceiverFactory<CloudEventsReceiver> = defineCloudEventsReceiver(
  (options) => createHubConsumer(options),
)
