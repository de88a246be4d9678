import { listenSockets, type Listener, type ListenOptions } from '../amqp/listeners.ts'
import type { Peer } from '../amqp/peer.ts'
import type { Namespace } from '../namespace.ts'
import { Coordinator } from './coordinator.ts'
import { acceptKafkaPeer } from './kafka-peer.ts'

/** Listens for Kafka clients, over TLS when a certificate is given. */
export async function listenKafka(
  options: ListenOptions & { readonly advertisedHost: string },
  namespace: Namespace,
  peers: Set<Peer>,
): Promise<Listener> {
  const coordinator = new Coordinator(namespace.clock)
  const advertised = { host: options.advertisedHost, port: 0 }
  const listener = await listenSockets(options, peers, (socket) =>
    acceptKafkaPeer(socket, { namespace, coordinator, advertised }),
  )
  advertised.port = listener.port
  return {
    port: listener.port,
    async close() {
      coordinator.close()
      await listener.close()
    },
  }
}
