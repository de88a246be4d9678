import { describe, expect, it } from 'vitest'

import { parseConfig } from '../schema/parse-config.ts'
import { checkDelivery } from './check-settings.ts'
import { type DeliveryConfig, deliverySettings, type DeliveryOptions } from './settings.ts'

function parse(config: unknown, options: DeliveryOptions = {}): DeliveryConfig {
  const schema = {
    type: 'object',
    properties: deliverySettings(options),
    additionalProperties: false,
  } as const
  // The type cannot follow settings that are put together at run time.
  return parseConfig(schema, config) as unknown as DeliveryConfig
}

function faults(config: unknown): string[] {
  const found: string[] = []
  checkDelivery(parse(config), (path, message) => found.push(`${path.join('::')}: ${message}`))
  return found
}

describe('8.1: defaults', () => {
  it('has the queue and retries on', () => {
    expect(parse({})).toEqual({
      timeout: 5_000,
      retry_on_failure: {
        enabled: true,
        initial_interval: 5_000,
        randomization_factor: 0.5,
        multiplier: 1.5,
        max_interval: 30_000,
        max_elapsed_time: 300_000,
      },
      sending_queue: {
        num_consumers: 10,
        queue_size: 1_000,
        block_on_overflow: false,
        wait_for_result: false,
        dead_letters: { max_requests: 1_000, max_age: 604_800_000 },
      },
    })
  })

  it('has batching ready', () => {
    expect(parse({ sending_queue: { batch: {} } }).sending_queue?.batch).toEqual({
      flush_timeout: 200,
      min_size: 8_192,
      max_size: 0,
      partition: { metadata_keys: [] },
    })
    expect(parse({ sending_queue: { batch: null } }).sending_queue?.batch).toBeDefined()
  })

  it('lets sections be switched off', () => {
    expect(parse({ sending_queue: { enabled: false } }).sending_queue).toBeUndefined()
    expect(parse({ sending_queue: { batch: { enabled: false } } }).sending_queue?.batch).toBeUndefined()
    expect(parse({ retry_on_failure: { enabled: false } }).retry_on_failure?.enabled).toBe(false)
    const queue = { storage: 'file_storage', dead_letters: { enabled: false } }
    expect(parse({ sending_queue: queue }).sending_queue?.dead_letters).toBeUndefined()
  })

  it('follows the exporter', () => {
    expect(parse({}, { timeout: '30s', queue: 'ready', retry: false })).toEqual({ timeout: 30_000 })
    expect(parse({ sending_queue: {} }, { queue: 'ready' }).sending_queue?.num_consumers).toBe(10)
    expect(() => parse({ sending_queue: {} }, { queue: 'none' })).toThrow('sending_queue')
  })
})

describe('8.1: rules', () => {
  it.each([
    [{ timeout: '-1s' }, 'timeout'],
    [{ sending_queue: { num_consumers: 0 } }, 'num_consumers'],
    [{ sending_queue: { queue_size: 0 } }, 'queue_size'],
    [{ sending_queue: { sizer: 'pages' } }, 'sizer'],
    [{ sending_queue: { batch: { sizer: 'requests' } } }, 'sizer'],
    [{ sending_queue: { batch: { min_size: -1 } } }, 'min_size'],
    [{ retry_on_failure: { randomization_factor: 1.1 } }, 'randomization_factor'],
    [{ sending_queue: { storage: 7 } }, 'storage'],
    [{ sending_queue: { dead_letters: { max_requests: 0 } } }, 'max_requests'],
  ])('refuses %j', (config, setting) => {
    expect(() => parse(config)).toThrow(setting)
  })

  it.each([
    [
      { retry_on_failure: { max_elapsed_time: '1s' } },
      [
        "retry_on_failure::max_elapsed_time: 'max_elapsed_time' must not be less than 'initial_interval'",
        "retry_on_failure::max_elapsed_time: 'max_elapsed_time' must not be less than 'max_interval'",
      ],
    ],
    [{ retry_on_failure: { max_elapsed_time: '0s' } }, []],
    [{ sending_queue: { storage: 'file_storage' } }, []],
    [
      { sending_queue: { storage: 'file_storage', wait_for_result: true } },
      ["sending_queue::wait_for_result: 'wait_for_result' cannot be used with 'storage'"],
    ],
    [{ retry_on_failure: { enabled: false, max_elapsed_time: '1s' } }, []],
    [
      { sending_queue: { batch: { flush_timeout: '0s' } } },
      ["sending_queue::batch::flush_timeout: 'flush_timeout' must be positive"],
    ],
    [
      { sending_queue: { batch: { min_size: 10, max_size: 9 } } },
      ["sending_queue::batch::max_size: 'max_size' must be greater than or equal to 'min_size'"],
    ],
    [
      { sending_queue: { sizer: 'items', batch: {} } },
      ["sending_queue::batch::min_size: 'min_size' must be less than or equal to 'queue_size'"],
    ],
    [{ sending_queue: { sizer: 'items', queue_size: 8_192, batch: {} } }, []],
    [{ sending_queue: { sizer: 'items', batch: { sizer: 'bytes' } } }, []],
    [{ sending_queue: { sizer: 'requests', batch: { sizer: 'items' } } }, []],
    [
      { sending_queue: { sizer: 'requests', batch: { min_size: 1 } } },
      [
        "sending_queue::batch::sizer: 'batch' supports only the sizers 'items' and 'bytes', and inherits 'requests' from the queue",
      ],
    ],
    [
      { sending_queue: { batch: { partition: { metadata_keys: ['tenant', 'Tenant'] } } } },
      [
        'sending_queue::batch::partition::metadata_keys::1: duplicate entry in metadata_keys: "tenant" (case-insensitive)',
      ],
    ],
  ])('checks %j', (config, expected) => {
    expect(faults(config)).toEqual(expected)
  })
})
