import type { ConfigOf, ConfigSchema, StringSchema } from '../schema/schema.ts'

/** Text form of the `timeout` of one attempt; `0s` means none. */
export const timeoutSetting = (defaultTimeout: string): StringSchema => ({
  type: 'string',
  format: 'duration',
  default: defaultTimeout,
  minimumMs: 0,
  description: 'Time limit of each attempt to send; `0s` means none.',
})

/** The section `retry_on_failure` (8.1). */
export const retrySettings = {
  type: 'object',
  description: 'How requests that failed are sent again.',
  properties: {
    enabled: { type: 'boolean', default: true },
    initial_interval: {
      type: 'string',
      format: 'duration',
      default: '5s',
      minimumMs: 0,
      description: 'Wait after the first failed attempt.',
    },
    randomization_factor: {
      type: 'number',
      default: 0.5,
      minimum: 0,
      maximum: 1,
      description: 'Part of the interval by which each wait may be shorter or longer.',
    },
    multiplier: {
      type: 'number',
      default: 1.5,
      minimum: 0,
      description: 'By which the interval grows after each attempt.',
    },
    max_interval: {
      type: 'string',
      format: 'duration',
      default: '30s',
      minimumMs: 0,
      description: 'What the interval grows to at most.',
    },
    max_elapsed_time: {
      type: 'string',
      format: 'duration',
      default: '300s',
      minimumMs: 0,
      description: 'Time since the first attempt after which a request is given up; `0s` means never.',
    },
  },
  additionalProperties: false,
} as const

/** The section `sending_queue.batch`. */
export const batchSettings = {
  type: 'object',
  section: 'ready',
  description: 'Joins and splits requests on their way out of the queue. `batch: {}` switches it on.',
  properties: {
    flush_timeout: {
      type: 'string',
      format: 'duration',
      default: '200ms',
      description: 'After this time a batch is sent whatever its size.',
    },
    min_size: {
      type: 'integer',
      default: 8192,
      minimum: 0,
      description: 'Size at which a batch is sent at once.',
    },
    max_size: {
      type: 'integer',
      default: 0,
      minimum: 0,
      description: 'Size above which requests are split; 0 means never.',
    },
    sizer: {
      type: 'string',
      enum: ['items', 'bytes'],
      description:
        "Unit of the sizes: spans or serialised bytes. Default: the queue's `sizer` if set, else `items`.",
    },
    partition: {
      type: 'object',
      properties: {
        metadata_keys: {
          type: 'array',
          items: { type: 'string', minLength: 1 },
          default: [],
          description: 'Sender headers whose combinations get batches of their own; case does not matter.',
        },
      },
      additionalProperties: false,
    },
  },
  additionalProperties: false,
} as const

/** The section `sending_queue.dead_letters` (EXP-28). */
export const deadLetterSettings = {
  type: 'object',
  section: 'on',
  description:
    'With `storage`: requests that failed for good, or for longer than `max_elapsed_time`, are kept for `spanloom queue` to show, export and send again. `enabled: false` drops them.',
  properties: {
    max_requests: {
      type: 'integer',
      default: 1000,
      minimum: 1,
      description: 'Beyond this number the oldest are removed.',
    },
    max_age: {
      type: 'string',
      format: 'duration',
      default: '168h',
      minimumMs: 0,
      description: 'They are removed when they are older; `0s` means never.',
    },
  },
  additionalProperties: false,
} as const

const queueProperties = {
  num_consumers: { type: 'integer', default: 10, minimum: 1, description: 'Requests sent in parallel.' },
  queue_size: {
    type: 'integer',
    default: 1000,
    minimum: 1,
    description: 'What the queue holds at most, requests in flight included, in units of `sizer`.',
  },
  sizer: {
    type: 'string',
    enum: ['requests', 'items', 'bytes'],
    description: 'Unit of `queue_size`: requests, spans or serialised bytes. Default `requests`.',
  },
  block_on_overflow: {
    type: 'boolean',
    default: false,
    description: 'Whether a sender waits for space in a full queue instead of being refused.',
  },
  wait_for_result: {
    type: 'boolean',
    default: false,
    description:
      'Whether a sender waits until its data was delivered, and learns if it was not. Not with `storage`.',
  },
  storage: {
    type: 'string',
    reference: 'extension',
    role: 'storage',
    description:
      'Id of a storage extension, such as `file_storage`. Every request is on disk, as it will be sent, before its sender is answered, and leaves when the destination took it. Survives crashes and restarts. With `batch`, requests are joined before they are stored, so a sender waits up to `flush_timeout` for its answer. The sizer `bytes` then counts what is stored, which is compressed.',
  },
  dead_letters: deadLetterSettings as typeof deadLetterSettings,
  batch: batchSettings as typeof batchSettings,
} as const

/** The section `sending_queue`, on unless switched off. */
export const queueSettings = {
  type: 'object',
  section: 'on',
  description: 'Where requests wait to be sent.',
  properties: queueProperties as typeof queueProperties,
  additionalProperties: false,
} as const

/** The section `sending_queue` of exporters that have no queue unless asked. */
export const readyQueueSettings = {
  type: 'object',
  section: 'ready',
  description: 'Where requests wait to be sent. Off unless given.',
  properties: queueProperties as typeof queueProperties,
  additionalProperties: false,
} as const

/** The parsed section `sending_queue`. */
export type QueueSettings = ConfigOf<typeof queueSettings>
/** The parsed section `sending_queue.batch`. */
export type BatchSettings = ConfigOf<typeof batchSettings>

/** Which of the shared settings an exporter offers. */
export interface DeliveryOptions {
  /** Default of `timeout`. Default `5s`. */
  readonly timeout?: string
  /** Whether `sending_queue` is on by default, off by default, or not offered. Default `on`. */
  readonly queue?: 'on' | 'ready' | 'none'
  /** Whether `retry_on_failure` is offered. Default true. */
  readonly retry?: boolean
}

/** The settings that the host adds to an exporter's schema. */
export function deliverySettings({
  timeout = '5s',
  queue = 'on',
  retry = true,
}: DeliveryOptions): Readonly<Record<string, ConfigSchema>> {
  return {
    timeout: timeoutSetting(timeout),
    ...(retry ? { retry_on_failure: retrySettings } : {}),
    ...(queue === 'on' ? { sending_queue: queueSettings } : {}),
    ...(queue === 'ready' ? { sending_queue: readyQueueSettings } : {}),
  }
}

/** The parsed shared settings of one exporter. */
export interface DeliveryConfig {
  /** Milliseconds per attempt; 0 means none. */
  readonly timeout: number
  readonly retry_on_failure?: ConfigOf<typeof retrySettings>
  readonly sending_queue?: QueueSettings | undefined
}
