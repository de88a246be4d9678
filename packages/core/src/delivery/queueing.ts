import type { Clock } from '../clock/clock.ts'
import { Batcher, type ReadyRequest } from './batcher.ts'
import { batchSizer } from './check-settings.ts'
import { Consumers } from './consumers.ts'
import { MemoryQueue } from './queue.ts'
import type { BatchSettings, QueueSettings } from './settings.ts'

/** A queue and the consumers that empty it. */
export interface Queueing {
  readonly queue: MemoryQueue
  readonly consumers: Consumers
}

export interface QueueingOptions {
  readonly clock: Clock
  /** From 0 (inclusive) to 1 (exclusive). */
  readonly random: () => number
  /** Sends one request, tells it the result through `finish`, and never rejects. */
  readonly send: (request: ReadyRequest) => Promise<void>
}

/** Makes what the section `sending_queue` asks for. */
export function createQueueing(settings: QueueSettings, { clock, random, send }: QueueingOptions): Queueing {
  const queue = new MemoryQueue({
    capacity: settings.queue_size,
    sizer: settings.sizer ?? 'requests',
    blockOnOverflow: settings.block_on_overflow,
    waitForResult: settings.wait_for_result,
    random,
  })
  const batcher = batcherOf(settings, clock)
  return { queue, consumers: new Consumers({ queue, count: settings.num_consumers, batcher, send }) }
}

/** What makes the batcher that the section `batch` asks for; absent without it. */
export function batcherOf(
  settings: QueueSettings,
  clock: Clock,
): ((emit: (request: ReadyRequest) => void) => Batcher) | undefined {
  const { batch } = settings
  return batch && ((emit) => createBatcher(settings, batch, clock, emit))
}

function createBatcher(
  settings: QueueSettings,
  batch: BatchSettings,
  clock: Clock,
  emit: (request: ReadyRequest) => void,
): Batcher {
  return new Batcher({
    minSize: batch.min_size,
    maxSize: batch.max_size,
    sizer: batchSizer(settings, batch) === 'bytes' ? 'bytes' : 'items',
    flushTimeoutMs: batch.flush_timeout,
    partitionBy: batch.partition.metadata_keys.map((key) => key.toLowerCase()),
    clock,
    emit,
  })
}
