import { Agent } from 'node:https'

import type * as EventHubs from '@azure/event-hubs'
import type {
  CheckpointStore,
  EventHubClientOptions,
  EventHubConsumerClient,
  EventHubProducerClient,
} from '@azure/event-hubs'
import { loadClientTls, messageOf, StartError, type TlsClientConfig } from '@spanloom/core'

import type { TokenSource } from '../auth/token-source.ts'
import { formatConnectionString } from '../connection/connection-string.ts'
import type { HubTarget } from '../connection/hub-target.ts'
import { maskSecrets } from '../errors/hub-error.ts'
import type { HubConnectionConfig } from '../settings/connection-settings.ts'
import { watchSockets, type SocketWatch } from './socket-watch.ts'
import { streamWebSocket } from './stream-web-socket.ts'

/** The parts of the SDK that are values. */
type Sdk = Pick<typeof EventHubs, 'EventHubConsumerClient' | 'EventHubProducerClient'>

/** What an AMQP client is made with. */
export interface AmqpOptions {
  readonly target: HubTarget
  readonly config: HubConnectionConfig
  /** Limit of one operation in milliseconds. */
  readonly timeoutMs: number
  /** Tokens of Entra ID; needed if the target asks for them. */
  readonly tokens?: TokenSource
  /** How the service names this client in its own logs and to other readers. */
  readonly identifier: string
}

/** What the clients of the SDK are made of. */
type SdkAccess = Pick<AmqpOptions, 'target' | 'tokens'> & { readonly sockets: SocketWatch }

/** Makes clients of one hub, and sees their sockets. */
export interface AmqpHub {
  readonly sdk: Sdk
  readonly sockets: SocketWatch
  readonly producer: () => EventHubProducerClient
  readonly consumer: (group: string, store?: CheckpointStore) => EventHubConsumerClient
}

/** What the SDK takes for the class of its WebSockets. */
type WebSocketClass = NonNullable<NonNullable<EventHubClientOptions['webSocketOptions']>['webSocket']>

/** Long enough that the SDK never begins a round of its own; partitions are started by us. */
const neverMs = 86_400_000

/**
 * Loads the SDK of Azure, which takes a tenth of a second and 28 MB and is loaded for this reason only now.
 *
 * @throws StartError when a TLS file cannot be read.
 */
export async function openAmqp(options: AmqpOptions): Promise<AmqpHub> {
  const sdk = await import('@azure/event-hubs')
  const clientOptions = await clientOptionsOf(options)
  const sockets = watchSockets()
  const access: SdkAccess = { ...options, sockets }
  return {
    sdk,
    sockets,
    producer: () => guarded(() => producerOf(sdk, access, clientOptions)),
    consumer: (group, store) => guarded(() => consumerOf(sdk, access, clientOptions, group, store)),
  }
}

function producerOf(
  sdk: Sdk,
  { target, tokens, sockets }: SdkAccess,
  options: EventHubClientOptions,
): EventHubProducerClient {
  const { access, hub, namespace } = target
  if (access.kind === 'connection')
    return new sdk.EventHubProducerClient(formatConnectionString(access.connection, hub), options)
  return new sdk.EventHubProducerClient(namespace, hub, credentialOf(tokens, sockets), options)
}

function consumerOf(
  sdk: Sdk,
  { target, tokens, sockets }: SdkAccess,
  clientOptions: EventHubClientOptions,
  group: string,
  store: CheckpointStore | undefined,
): EventHubConsumerClient {
  const { access, hub, namespace } = target
  const options = { ...clientOptions, loadBalancingOptions: { updateIntervalInMs: neverMs } }
  if (access.kind === 'connection') {
    const text = formatConnectionString(access.connection, hub)
    return store
      ? new sdk.EventHubConsumerClient(group, text, store, options)
      : new sdk.EventHubConsumerClient(group, text, options)
  }
  const credential = credentialOf(tokens, sockets)
  return store
    ? new sdk.EventHubConsumerClient(group, namespace, hub, credential, store, options)
    : new sdk.EventHubConsumerClient(group, namespace, hub, credential, options)
}

/** The SDK asks for tokens in its own form. */
function credentialOf(
  tokens: TokenSource | undefined,
  sockets: SocketWatch,
): {
  getToken(scopes: string | string[]): Promise<{ token: string; expiresOnTimestamp: number }>
} {
  if (tokens === undefined) throw new StartError('AUTH_MISSING', 'There are no tokens for the event hub.')
  return {
    async getToken(scopes) {
      const scope = typeof scopes === 'string' ? scopes : (scopes[0] ?? '')
      const { token, expiresMs } = await sockets.outside(() => tokens.token(scope))
      return { token, expiresOnTimestamp: expiresMs }
    },
  }
}

/** The constructors of the SDK quote the whole connection string, key included, in their errors. */
function guarded<T>(make: () => T): T {
  try {
    return make()
  } catch (error) {
    if (error instanceof StartError) throw error
    throw new StartError('EVENT_HUB_INVALID', `No client can be made: ${maskSecrets(messageOf(error))}`)
  }
}

async function clientOptionsOf({
  config,
  target,
  timeoutMs,
  identifier,
}: AmqpOptions): Promise<EventHubClientOptions & { identifier: string }> {
  const emulator = target.access.kind === 'connection' && target.access.connection.emulator
  const webSocket =
    config.transport === 'amqp_ws'
      ? await overWebSocket(config, emulator)
      : await overStream(config, target, emulator)
  return {
    identifier,
    // Retrying is the business of the queue in front of us; twice would be too much.
    retryOptions: { maxRetries: 0, timeoutInMs: timeoutMs },
    ...(config.endpoint ? { customEndpointAddress: `sb://${config.endpoint}` } : {}),
    ...webSocket,
  }
}

async function overWebSocket(
  { tls, proxy_url }: HubConnectionConfig,
  emulator: boolean,
): Promise<Pick<EventHubClientOptions, 'webSocketOptions'>> {
  const { WebSocket } = await import('ws')
  const tlsOptions = await loadClientTls(tls)
  // The SDK knows `wss` only; a stand-in without TLS is reached by `ws`.
  const plain = emulator || tls.insecure
  class HubWebSocket extends WebSocket {
    constructor(url: string, protocols: string[], options: object) {
      super(plain ? url.replace(/^wss:/, 'ws:') : url, protocols, options)
    }
  }
  return {
    webSocketOptions: {
      webSocket: HubWebSocket as unknown as WebSocketClass,
      webSocketConstructorOptions: {
        ...tlsOptions,
        perMessageDeflate: false,
        ...(proxy_url ? { agent: proxyAgent(proxy_url) } : {}),
      },
    },
  }
}

/** Node's own agent goes through a proxy with CONNECT. */
function proxyAgent(url: string): Agent {
  return new Agent({ proxyEnv: { HTTPS_PROXY: url, HTTP_PROXY: url } })
}

async function overStream(
  { tls, endpoint }: HubConnectionConfig,
  { namespace, access }: HubTarget,
  emulator: boolean,
): Promise<Pick<EventHubClientOptions, 'webSocketOptions'>> {
  if (!isSpecial(tls)) return {}
  const [, ownHost, ownPort] = /^(.*?)(?::(\d+))?$/.exec(endpoint ?? '') ?? []
  const plain = emulator || (tls.insecure && !tls.ca_file && !tls.ca_pem)
  const port =
    ownPort ?? (access.kind === 'connection' ? access.connection.port : undefined) ?? (plain ? 5672 : 5671)
  const socket = streamWebSocket({
    host: ownHost || namespace,
    port: Number(port),
    ...(plain ? {} : { tls: await loadClientTls(tls) }),
  })
  return {
    webSocketOptions: {
      webSocket: socket as unknown as WebSocketClass,
    },
  }
}

/** Whether TLS is asked for in a way that the SDK has no words for. */
function isSpecial(tls: TlsClientConfig): boolean {
  const { min_version, reload_interval: _reload, include_system_ca_certs_pool: _system, ...others } = tls
  return (
    min_version !== '1.2' || Object.values(others).some((value) => value !== undefined && value !== false)
  )
}
