import type { AmqpCondition } from './amqp/condition.ts'
import type { Peer } from './amqp/peer.ts'
import { type Faults, isPicked, serverBusy } from './faults.ts'
import type { Namespace } from './namespace.ts'

const detachForced: AmqpCondition = {
  condition: 'amqp:link:detach-forced',
  description: 'The link is force detached by the broker because it was idle.',
}
const connectionForced: AmqpCondition = {
  condition: 'amqp:connection:forced',
  description: 'The connection was inactive for more than the allowed time and is closed by the container.',
}

/** The faults of a running stand-in. */
export function createFaults(namespace: Namespace, peers: ReadonlySet<Peer>): Faults {
  const { faults: pending, ownership } = namespace
  return {
    throttle: (times) => pending.sends.arm(serverBusy, times),
    rejectSends: (error, times) => pending.sends.arm(error, times),
    delayOutcomes: (ms, times) => pending.outcomeDelays.arm(ms, times),
    loseOutcomes: (times) => pending.lostOutcomes.arm(true, times),
    refuseTokens(times = {}) {
      const { status = 401, description = 'Unauthorized: the token is refused on demand.' } = times
      pending.tokens.arm({ status, description }, times)
    },
    refuseManagement: (times = {}) =>
      pending.management.arm({ status: times.status ?? 503, error: times.error ?? serverBusy }, times),
    refuseLinks: (error, times = {}) => pending.links.arm({ error, filter: times }, times),
    detachLinks(filter = {}, error = detachForced) {
      const picked = [...peers]
        .flatMap(({ links }) => [...links])
        .filter(({ place }) => isPicked(filter, place))
      for (const link of picked) link.detach(error)
      return picked.length
    },
    stealOwnership: (hub, partition, consumerGroup = '$Default') =>
      ownership.steal(hub, consumerGroup, partition),
    closeConnections(error = connectionForced) {
      for (const peer of peers) peer.close(error)
      return peers.size
    },
    destroyConnections() {
      const count = peers.size
      for (const peer of peers) peer.destroy()
      return count
    },
    clear: () => pending.clear(),
  }
}
