import { randomBytes } from 'node:crypto'

import { type Clock, systemClock } from '@spanloom/core'

import { listenAmqp, type Listener, listenWebSocket, type LocalTls } from './amqp/listeners.ts'
import type { Peer } from './amqp/peer.ts'
import { createFaults } from './create-faults.ts'
import { type AppendOptions, decodeEvent, encodeEvent, type StoredEvent } from './events.ts'
import type { Faults } from './faults.ts'
import { createHubs, type Hub, type HubOptions } from './log/hub.ts'
import type { PartitionLog } from './log/partition-log.ts'
import { Namespace } from './namespace.ts'

/** How to start the stand-in. */
export interface LocalEventHubsOptions {
  readonly hubs: readonly HubOptions[]
  /** Address to listen on. Default: `127.0.0.1`, reachable from this machine only. */
  readonly host?: string
  /** Port for AMQP over TCP, or TLS when `tls` is given. Default: 0, any that is free. */
  readonly port?: number
  /** Port for AMQP over WebSocket, 0 for any that is free. Default: none. */
  readonly webSocketPort?: number
  /** Port for Kafka clients, 0 for any that is free. Default: none. */
  readonly kafkaPort?: number
  /** Serves TLS on all ports. */
  readonly tls?: LocalTls
  /** Name of the shared access policy. Default: `RootManageSharedAccessKey`. */
  readonly keyName?: string
  /** Key of the policy. Default: a random one. */
  readonly key?: string
  /** Largest message or batch in bytes. Default: 1,048,576, as in the Standard tier. */
  readonly maxMessageSize?: number
  /** Default: the machine's own. */
  readonly clock?: Clock
}

/** A running stand-in for Azure Event Hubs. It keeps events in memory and is for development only. */
export interface LocalEventHubs extends AsyncDisposable {
  readonly host: string
  readonly port: number
  /** Undefined without `webSocketPort`. */
  readonly webSocketPort: number | undefined
  /** Undefined without `kafkaPort`. */
  readonly kafkaPort: number | undefined
  readonly keyName: string
  readonly key: string
  readonly faults: Faults
  /** Connections that are open. */
  readonly connections: number
  /** What a client needs; with a hub it ends in `EntityPath`. It contains the key. */
  connectionString(hub?: string, transport?: 'amqp' | 'amqp_ws'): string
  /** Stores an event as if a client had sent it. Throws RangeError for an unknown hub or partition. */
  append(
    hub: string,
    partition: string | number | undefined,
    body: Uint8Array | string,
    options?: AppendOptions,
  ): void
  /** Number of partitions of a hub. */
  partitions(hub: string): number
  /** The events that a hub, or one partition of it, holds: by partition, oldest first. */
  read(hub: string, partition?: string | number): StoredEvent[]
  /** Ends all connections and stops. Safe to call twice. */
  close(): Promise<void>
}

/**
 * Starts a stand-in for an Event Hubs namespace (eventhubs.md, section 8). Throws RangeError when an
 * option is out of range, and Node's own error when a port is taken.
 */
export async function startLocalEventHubs(options: LocalEventHubsOptions): Promise<LocalEventHubs> {
  const { host = '127.0.0.1', port = 0, webSocketPort, kafkaPort, tls, clock = systemClock } = options
  const { keyName = 'RootManageSharedAccessKey', key = randomBytes(32).toString('base64') } = options
  const { maxMessageSize = 1_048_576 } = options
  const hubs = createHubs(options.hubs, () => clock.now())
  const namespace = new Namespace(hubs, { keyName, key }, clock, maxMessageSize)
  const peers = new Set<Peer>()
  const amqp = await listenAmqp({ host, port, tls }, namespace, peers)
  let webSocket: Listener | undefined
  let kafka: Listener | undefined
  try {
    if (webSocketPort !== undefined) {
      webSocket = await listenWebSocket({ host, port: webSocketPort, tls }, namespace, peers)
    }
    if (kafkaPort !== undefined) {
      const { listenKafka } = await import('./kafka/listen-kafka.ts')
      const advertisedHost = nameOf(host, tls !== undefined)
      kafka = await listenKafka({ host, port: kafkaPort, tls, advertisedHost }, namespace, peers)
    }
  } catch (error) {
    await Promise.all([amqp.close(), webSocket?.close()])
    throw error
  }
  const hubNamed = (name: string): Hub => {
    const hub = namespace.hub(name)
    if (hub === undefined) throw new RangeError(`There is no hub "${name}".`)
    return hub
  }
  const close = async (): Promise<void> => {
    const closed = Promise.all([amqp.close(), webSocket?.close(), kafka?.close()])
    for (const peer of peers) peer.destroy()
    await closed
  }
  return {
    host,
    port: amqp.port,
    webSocketPort: webSocket?.port,
    kafkaPort: kafka?.port,
    keyName,
    key,
    faults: createFaults(namespace, peers),
    get connections() {
      return peers.size
    },
    connectionString(hub, transport = 'amqp') {
      const at = transport === 'amqp' ? amqp.port : webSocket?.port
      if (at === undefined) throw new RangeError('The stand-in was started without a port for WebSocket.')
      const parts = [
        `Endpoint=sb://${nameOf(host, tls !== undefined)}:${at}`,
        `SharedAccessKeyName=${keyName}`,
        `SharedAccessKey=${key}`,
      ]
      if (tls === undefined) parts.push('UseDevelopmentEmulator=true')
      if (hub !== undefined) parts.push(`EntityPath=${hub}`)
      return parts.join(';')
    },
    append(hubName, partition, body, appendOptions) {
      const hub = hubNamed(hubName)
      const log =
        partition === undefined ? hub.choose(appendOptions?.partitionKey) : partitionOf(hub, partition)
      log.append([encodeEvent(body, appendOptions)])
    },
    partitions: (hubName) => hubNamed(hubName).partitions.length,
    read(hubName, partition) {
      const hub = hubNamed(hubName)
      const logs = partition === undefined ? hub.partitions : [partitionOf(hub, partition)]
      return logs.flatMap((log) => eventsOf(log))
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

function eventsOf(log: PartitionLog): StoredEvent[] {
  const events: StoredEvent[] = []
  for (let sequence = log.first; sequence < log.next; sequence += 1) {
    const entry = log.at(sequence)
    if (entry !== undefined) events.push(decodeEvent(entry, log.id))
  }
  return events
}

function partitionOf(hub: Hub, id: string | number): PartitionLog {
  const log = hub.partition(String(id))
  if (log === undefined) throw new RangeError(`The hub "${hub.name}" has no partition "${id}".`)
  return log
}

/** An address that listens on all interfaces is reached over the loopback one, and TLS wants a name. */
function nameOf(host: string, isTls: boolean): string {
  if (host === '0.0.0.0' || host === '::' || (isTls && host === '127.0.0.1')) return 'localhost'
  return host.includes(':') ? `[${host}]` : host
}
