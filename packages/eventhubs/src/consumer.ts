import type { Clock, ComponentTelemetry, Host } from '@spanloom/core'

import type { EventBatch } from './event.ts'
import type { HubConsumerConfig } from './settings/consumer-settings.ts'

/** Reads a hub; one partition's batches strictly one after the other, several partitions at once. */
export interface HubConsumer {
  /**
   * Connects and takes partitions in the background.
   *
   * @throws StartError when the settings cannot work: a storage that is not there, a hub that does not exist,
   * credentials of which nothing can come.
   */
  start(host: Host): Promise<void>
  /** Waits for batches that are being handed over, writes checkpoints, gives partitions back. Safe to call twice. */
  shutdown(signal: AbortSignal): Promise<void>
}

/** What a consumer is made with. */
export interface HubConsumerOptions {
  /** Id of the component; owner of the stored checkpoints. */
  readonly id: string
  readonly config: HubConsumerConfig
  readonly telemetry: ComponentTelemetry
  readonly clock: Clock
  /**
   * Resolved: everything in the batch is safe, the checkpoint may move past it. Rejected: the same batch is handed
   * over again after a wait (growing, at least the error's `retryAfterMs`), for as long as it takes; nothing is ever
   * skipped. What to do with events that can never be taken is the component's business: it keeps them aside
   * and resolves.
   */
  readonly onEvents: (batch: EventBatch) => Promise<void>
}
