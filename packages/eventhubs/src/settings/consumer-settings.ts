import type { ConfigOf } from '@spanloom/core'

import type { hubConnectionSettings } from './connection-settings.ts'

/** Settings of reading from a hub, beside {@link hubConnectionSettings}. */
export const hubConsumerSettings = {
  group: { type: 'string', minLength: 1, default: '$Default', description: 'Consumer group.' },
  partition: { type: 'string', description: 'Reads this partition only, without sharing with others.' },
  offset: {
    type: 'string',
    description: 'Starts behind this offset if there is no checkpoint; with `partition`.',
  },
  initial_position: {
    type: 'string',
    default: 'earliest',
    description:
      'Where to start without a checkpoint: `earliest`, `latest` or a time such as `2026-11-21T08:00:00Z`.',
  },
  storage: {
    type: 'string',
    reference: 'extension',
    role: 'storage',
    description: 'Storage extension for checkpoints, for one instance. Without any, they live in memory.',
  },
  blob_checkpoint_store: {
    type: 'object',
    section: 'bare',
    description:
      'Azure Blob container for checkpoints and ownership, for several instances that share a hub. Laid out as by the SDKs of Azure.',
    properties: {
      connection: { type: 'string', secret: true, description: 'Connection string of the storage account.' },
      storage_account_url: {
        type: 'string',
        format: 'url',
        secret: true,
        description: 'URL of the account, with a SAS in it or with `auth`.',
      },
      container_name: { type: 'string', minLength: 1, description: 'Name of the container; it must exist.' },
    },
    required: ['container_name'],
    additionalProperties: false,
  },
  checkpoint_interval: {
    type: 'string',
    format: 'duration',
    default: '1s',
    minimumMs: 0,
    description: 'How often a checkpoint is written at most, for each partition; `0s` after each batch.',
  },
  max_trace_duration: {
    type: 'string',
    format: 'duration',
    default: '0s',
    minimumMs: 0,
    description:
      'For an assembler without a storage: whoever takes a partition, after a restart or from another instance, reads everything again of traces that may still have been open. So long a trace may take at most, from its first event until its spans have left; checkpoints stay twice as far behind. `0s`: reading goes on at the checkpoint.',
  },
  max_poll_events: { type: 'integer', default: 100, minimum: 1, description: 'Events in a batch at most.' },
  poll_rate: {
    type: 'number',
    default: 5,
    exclusiveMinimum: 0,
    description: 'Seconds to wait for events before the reader of a quiet partition checks on itself.',
  },
  prefetch_count: {
    type: 'integer',
    default: 300,
    description:
      'Events of a partition that may wait in memory; 0 means 300, less than 0 only those of one batch.',
  },
  load_balancing: {
    type: 'object',
    description: 'How instances share the partitions.',
    properties: {
      strategy: {
        type: 'string',
        enum: ['greedy', 'balanced'],
        default: 'greedy',
        description: '`greedy` takes all free partitions at once, `balanced` one in each `update_interval`.',
      },
      update_interval: {
        type: 'string',
        format: 'duration',
        default: '10s',
        minimumMs: 50,
        description: 'How often ownership is renewed and looked at.',
      },
      ownership_expiration: {
        type: 'string',
        format: 'duration',
        default: '60s',
        minimumMs: 100,
        description: 'After this time without renewal a partition is free; several times `update_interval`.',
      },
    },
    additionalProperties: false,
  },
} as const

/** Parsed settings of a consumer. */
export type HubConsumerConfig = ConfigOf<{
  readonly type: 'object'
  readonly properties: typeof hubConnectionSettings & typeof hubConsumerSettings
}>
