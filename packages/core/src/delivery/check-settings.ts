import type { ReportIssue } from '../component/define.ts'
import { formatDuration } from '../schema/duration.ts'
import type { RetrySettings } from './retry.ts'
import type { BatchSettings, DeliveryConfig, QueueSettings } from './settings.ts'

/** Unit of a queue's or a batch's size. */
export type Sizer = 'requests' | 'items' | 'bytes'

/** Unit of the batch sizes: its own, else that of the queue if it is set, else spans (8.1). */
export function batchSizer(queue: QueueSettings, batch: BatchSettings): Sizer {
  return batch.sizer ?? queue.sizer ?? 'items'
}

/** Checks what concerns several of the shared settings at once (8.1). */
export function checkDelivery(config: DeliveryConfig, report: ReportIssue): void {
  if (config.retry_on_failure) checkRetry(config.retry_on_failure, report)
  if (config.sending_queue) checkQueue(config.sending_queue, report)
}

function checkRetry(retry: RetrySettings, report: ReportIssue): void {
  const { enabled, initial_interval, max_interval, max_elapsed_time } = retry
  if (!enabled || max_elapsed_time === 0) return
  const path = ['retry_on_failure', 'max_elapsed_time']
  if (max_elapsed_time < initial_interval)
    report(
      path,
      "'max_elapsed_time' must not be less than 'initial_interval'",
      formatDuration(initial_interval),
    )
  if (max_elapsed_time < max_interval)
    report(path, "'max_elapsed_time' must not be less than 'max_interval'", formatDuration(max_interval))
}

function checkQueue(queue: QueueSettings, report: ReportIssue): void {
  const { batch } = queue
  if (queue.storage !== undefined && queue.wait_for_result)
    report(
      ['sending_queue', 'wait_for_result'],
      "'wait_for_result' cannot be used with 'storage'",
      "remove one of the two; with 'storage' a sender waits until its data is on disk",
    )
  if (!batch) return
  const sizer = batchSizer(queue, batch)
  if (sizer === 'requests')
    report(
      at('sizer'),
      "'batch' supports only the sizers 'items' and 'bytes', and inherits 'requests' from the queue",
      "set 'batch.sizer'",
    )
  if (batch.flush_timeout <= 0) report(at('flush_timeout'), "'flush_timeout' must be positive", '200ms')
  if (batch.max_size > 0 && batch.max_size < batch.min_size)
    report(at('max_size'), "'max_size' must be greater than or equal to 'min_size'", String(batch.min_size))
  if (sizer === (queue.sizer ?? 'requests') && batch.min_size > queue.queue_size)
    report(
      at('min_size'),
      "'min_size' must be less than or equal to 'queue_size'",
      `Set queue_size to at least ${batch.min_size}, or min_size to at most ${queue.queue_size}.`,
    )
  const seen = new Set<string>()
  for (const [index, key] of batch.partition.metadata_keys.entries()) {
    const name = key.toLowerCase()
    if (seen.has(name))
      report(
        [...at('partition', 'metadata_keys'), index],
        `duplicate entry in metadata_keys: "${name}" (case-insensitive)`,
      )
    seen.add(name)
  }
}

const at = (...rest: string[]): string[] => ['sending_queue', 'batch', ...rest]
