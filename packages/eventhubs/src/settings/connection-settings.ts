import { tlsClientSettings, type ConfigOf } from '@spanloom/core'

import { hubAuthSettings } from './auth-settings.ts'

/**
 * Settings of every connection to a hub (`eventhubs.md` section 13.1); to be spread into the `properties` of a
 * component's schema.
 */
export const hubConnectionSettings = {
  connection: {
    type: 'string',
    secret: true,
    description:
      'Connection string of the namespace or the hub, with a shared access key or a ready-made signature. Either this or `auth`.',
  },
  event_hub: {
    type: 'object',
    properties: {
      name: { type: 'string', description: 'Name of the hub, unless `connection` has an `EntityPath`.' },
      namespace: {
        type: 'string',
        description: 'Host name of the namespace, such as `acme.servicebus.windows.net`; with `auth`.',
      },
    },
    additionalProperties: false,
  },
  auth: hubAuthSettings as typeof hubAuthSettings,
  transport: {
    type: 'string',
    enum: ['amqp', 'amqp_ws', 'kafka'],
    default: 'amqp',
    description:
      'Protocol: AMQP over TLS (port 5671), AMQP over WebSockets (port 443), or the Kafka endpoint (port 9093), which the Basic tier does not have.',
  },
  endpoint: {
    type: 'string',
    description:
      'Connects to this `host` or `host:port` instead of that of the namespace, which stays the name in tokens; for private proxies. The certificate must be for it, or for `tls.server_name_override`. With `kafka` a list of brokers, separated by commas.',
  },
  proxy_url: {
    type: 'string',
    format: 'url',
    secret: true,
    description: 'HTTP proxy to go through; with `amqp_ws` only.',
  },
  tls: tlsClientSettings as typeof tlsClientSettings,
} as const

/** Parsed settings of a connection to a hub. */
export type HubConnectionConfig = ConfigOf<{
  readonly type: 'object'
  readonly properties: typeof hubConnectionSettings
}>
