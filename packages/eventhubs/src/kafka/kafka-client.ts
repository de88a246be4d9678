import type * as Kafka from '@platformatic/kafka'
import type { BaseOptions, SASLOptions } from '@platformatic/kafka'
import { loadClientTls } from '@spanloom/core'

import type { TokenSource } from '../auth/token-source.ts'
import { formatConnectionString } from '../connection/connection-string.ts'
import type { HubTarget } from '../connection/hub-target.ts'
import type { HubConnectionConfig } from '../settings/connection-settings.ts'
import { guardConnections } from './connection-guard.ts'

/** What a Kafka client is made with. */
export interface KafkaOptions {
  readonly target: HubTarget
  readonly config: HubConnectionConfig
  /** Limit of one operation in milliseconds. */
  readonly timeoutMs: number
  /** Tokens of Entra ID; needed if the target asks for them. */
  readonly tokens?: TokenSource
}

/** The parts of the library that are values. */
export type KafkaLibrary = Pick<typeof Kafka, 'Consumer' | 'Producer'>

const kafkaPort = 9093
/** The service answers late rather than not at all while it throttles. */
const patienceMs = 60_000
/** Below the four minutes after which load balancers drop a silent connection. */
const metadataAgeMs = 180_000

/** Loads the library, which nobody needs who does not speak Kafka. */
export async function loadKafka(): Promise<KafkaLibrary> {
  guardConnections()
  return await import('@platformatic/kafka')
}

/**
 * Settings of any client of the Kafka endpoint (`eventhubs.md` section 10): TLS, and the connection string or a token
 * as proof.
 *
 * @throws StartError when a TLS file cannot be read.
 */
export async function kafkaClientOptions(options: KafkaOptions, clientId: string): Promise<BaseOptions> {
  const { config, timeoutMs } = options
  const tls =
    config.tls.insecure && !config.tls.ca_file && !config.tls.ca_pem
      ? undefined
      : await loadClientTls(config.tls)
  return {
    clientId,
    bootstrapBrokers: brokersOf(options),
    timeout: Math.max(timeoutMs, patienceMs),
    connectTimeout: timeoutMs,
    requestTimeout: Math.max(timeoutMs, patienceMs),
    retries: 1,
    retryDelay: 100,
    metadataMaxAge: metadataAgeMs,
    sasl: saslOf(options),
    ...(tls === undefined ? {} : { tls, tlsServerName: true }),
  }
}

function brokersOf({ config, target }: KafkaOptions): string[] {
  const named = (config.endpoint ?? '').split(',').map((broker) => broker.trim())
  const brokers = named.filter((broker) => broker !== '')
  if (brokers.length === 0) return [`${target.namespace}:${kafkaPort}`]
  return brokers.map((broker) => (/:\d+$/.test(broker) ? broker : `${broker}:${kafkaPort}`))
}

function saslOf({ target, tokens }: KafkaOptions): SASLOptions {
  const { access, namespace } = target
  if (access.kind === 'connection')
    return {
      mechanism: 'PLAIN',
      username: '$ConnectionString',
      password: formatConnectionString(access.connection, access.connection.hub),
    }
  return {
    mechanism: 'OAUTHBEARER',
    token: async () => {
      const token = await tokens?.token(`https://${namespace}/.default`)
      return token?.token ?? ''
    },
  }
}
