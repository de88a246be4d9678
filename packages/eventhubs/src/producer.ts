import type { Clock, ComponentTelemetry, Host } from '@spanloom/core'

import type { OutgoingEvent } from './event.ts'
import type { HubProducerConfig } from './settings/producer-settings.ts'

/** Sends events to a hub. */
export interface HubProducer {
  /**
   * Prepares without waiting for a connection.
   *
   * @throws StartError when the settings cannot work.
   */
  open(host: Host): Promise<void>
  /**
   * The largest body in bytes, with properties, that surely fits into one batch: the real limit of the link less what
   * an envelope needs, and never above `max_message_size`. Asks the hub the first time.
   */
  maxEventSize(): Promise<number>
  /**
   * Packs the events into batches and resolves when the hub has stored all of them. Events of one partition key, or
   * of one partition id, keep their order, also across calls.
   *
   * Rejects with `PermanentError`, `RetryableError` or `ThrottleError`; part of the events may have been stored then,
   * and sending all again is legal.
   */
  send(events: readonly OutgoingEvent[], context: { readonly signal: AbortSignal }): Promise<void>
  /** Waits for outcomes that are under way until `signal` aborts, then closes the connection. Safe to call twice. */
  close(signal: AbortSignal): Promise<void>
}

/** What a producer is made with. */
export interface HubProducerOptions {
  /** Id of the component. */
  readonly id: string
  readonly config: HubProducerConfig
  readonly telemetry: ComponentTelemetry
  readonly clock: Clock
  /** Limit in milliseconds of one attempt to send a batch, usually the exporter's `timeout`. Default 15 000. */
  readonly timeoutMs?: number
}
