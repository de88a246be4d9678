import { PermanentError, RetryableError } from '@spanloom/core'

/**
 * Whether so many more deliveries may be kept.
 *
 * @throws PermanentError `ELEMENT_TOO_LARGE` for more than would ever fit.
 * @throws RetryableError `QUEUE_FULL`
 */
export function checkRoom(count: number, waiting: number, queueSize: number): void {
  if (count > queueSize) {
    throw new PermanentError(
      'ELEMENT_TOO_LARGE',
      `${count} deliveries at once are more than the outbox may hold`,
      {
        hint: `Raise queue_size, which is ${queueSize}, or send smaller batches.`,
      },
    )
  }
  if (waiting + count > queueSize) {
    throw new RetryableError('QUEUE_FULL', 'The outbox of the webhook exporter is full.', {
      grpcStatus: 14,
      retryAfterMs: 5_000,
    })
  }
}
