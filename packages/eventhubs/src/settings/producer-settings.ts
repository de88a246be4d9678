import type { ConfigOf } from '@spanloom/core'

import type { hubConnectionSettings } from './connection-settings.ts'

/** Settings of sending to a hub, beside `hubConnectionSettings`. */
export const hubProducerSettings = {
  partition_assignment: {
    type: 'string',
    enum: ['service', 'client'],
    default: 'service',
    description:
      'Who makes a partition of a partition key. `client` packs events of many keys into one batch, but relies on the number of partitions staying the same.',
  },
  max_message_size: {
    type: 'integer',
    default: 0,
    minimum: 0,
    description: 'Largest batch and event in bytes; 0 means what the hub allows.',
  },
  batch_size: {
    type: 'integer',
    default: 256_000,
    minimum: 1,
    description: 'Size in bytes up to which events are joined; never above what the hub allows.',
  },
  max_in_flight: {
    type: 'integer',
    default: 4,
    minimum: 1,
    description: 'Batches that may wait for their outcome at the same time.',
  },
} as const

/** Parsed settings of a producer. */
export type HubProducerConfig = ConfigOf<{
  readonly type: 'object'
  readonly properties: typeof hubConnectionSettings & typeof hubProducerSettings
}>
