import {
  type LocalEventHubs,
  type LocalEventHubsOptions,
  startLocalEventHubs,
} from '../../src/local/index.ts'

/** Starts a stand-in with the hub `flows`. */
export function startHubs(options: Partial<LocalEventHubsOptions> = {}): Promise<LocalEventHubs> {
  return startLocalEventHubs({
    hubs: [{ name: 'flows', partitions: 4, consumerGroups: ['other'] }],
    ...options,
  })
}
