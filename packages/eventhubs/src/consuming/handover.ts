import { messageOf, retryAfterMs, sleep, type Clock, type ComponentTelemetry } from '@spanloom/core'

import type { EventBatch } from '../event.ts'

/** Hands batches to the component until it takes them. */
export interface Handover {
  /**
   * Resolves when everything in the batch is safe. Rejects only when `stop` aborts between two attempts, or when
   * `batch.signal` aborts.
   */
  deliver(batch: EventBatch, stop: AbortSignal): Promise<void>
}

const firstWaitMs = 1_000
const longestWaitMs = 30_000

/**
 * Makes a handover. A refusal is a wait, however long it takes: not fetching on is the brake, and nothing is skipped
 * (`eventhubs.md` section 5.3). Only the first of several refusals is logged.
 */
export function createHandover(
  onEvents: (batch: EventBatch) => Promise<void>,
  { logger, status }: Pick<ComponentTelemetry, 'logger' | 'status'>,
  clock: Clock,
): Handover {
  const refusing = new Set<string>()

  const refused = (partitionId: string, error: unknown): void => {
    if (refusing.size === 0) {
      logger.warn('The pipeline refuses events; reading waits.', {
        error,
        'messaging.destination.partition.id': partitionId,
      })
      status.recoverableError(error instanceof Error ? error : new Error(messageOf(error)))
    }
    refusing.add(partitionId)
  }
  const taken = (partitionId: string): void => {
    if (refusing.delete(partitionId) && refusing.size === 0) {
      logger.info('The pipeline takes events again.')
      status.ok()
    }
  }

  return {
    async deliver(batch, stop) {
      const ended = AbortSignal.any([batch.signal, stop])
      try {
        for (let waitMs = firstWaitMs; ; waitMs = Math.min(waitMs * 2, longestWaitMs)) {
          ended.throwIfAborted()
          try {
            await onEvents(batch)
            // Only now: one who resolves after the partition was lost has done no harm, but its word counts no longer.
            batch.signal.throwIfAborted()
            taken(batch.partitionId)
            return
          } catch (error) {
            ended.throwIfAborted()
            refused(batch.partitionId, error)
            await sleep(clock, Math.max(waitMs, retryAfterMs(error) ?? 0), ended)
          }
        }
      } finally {
        // A partition that was lost while it waited waits no more, and the others may be well.
        if (refusing.delete(batch.partitionId) && refusing.size === 0 && !stop.aborted) status.ok()
      }
    },
  }
}
