import type { Context } from '@opentelemetry/api'

import type { Host } from '../component/component.ts'
import { RetryableError, type RetryableErrorOptions } from '../errors/errors.ts'
import { Traces } from '../traces/traces.ts'

/** Sender's headers that travel with a request: of one sender, or those that a batch was partitioned by (CMP-11). */
export type Metadata = ReadonlyMap<string, readonly string[]>

/** What one attempt may know about its request. */
export interface SendContext {
  /** Aborts at the timeout, when the collector stops waiting and when a waiting caller gives up. */
  readonly signal: AbortSignal
  readonly spanCount: number
  /** 1 for the first attempt. */
  readonly attempt: number
  /** The `timeout` setting in milliseconds; 0 means none. For protocols that tell it to the server. */
  readonly timeoutMs: number
  readonly metadata?: Metadata
  /** `ExporterSender.format` as it was when a stored body was made, which may be before the settings were changed. */
  readonly format?: string
  /** The collector's own trace context of the call that brought the data, unless calls were joined. */
  readonly trace?: Context
}

/** Answer of a destination that took the request, though perhaps not all of it. */
export interface SendOutcome {
  /** Spans that the destination refused for good (partial success); they are lost and counted as failed (OTE-09). */
  readonly rejectedSpans?: number
  /** What the destination says about them, or a warning. */
  readonly message?: string
}

/**
 * What the author of an exporter writes: how to make a request and how to send it once.
 * Queue, batching, retry, timeout, metrics and status are added around it.
 */
export interface ExporterSender {
  /** Attributes of the metrics of sent and failed spans, such as `server.address` (12.2). A small fixed set. */
  readonly metricAttributes?: Readonly<Record<string, string | number>>
  /**
   * What `encode` makes, such as `application/x-protobuf gzip`; see `bodyFormat`. Stored with each body, so that it can
   * be sent and read whatever the settings are by then.
   */
  readonly format?: string
  /** Connects without waiting for success (OTE-20). A rejection stops the collector's start. */
  start?(host: Host): Promise<void>
  /** Frees connections, giving up when `signal` aborts. Called once, after the last attempt. */
  shutdown?(signal: AbortSignal): Promise<void>
  /** Makes the request body, once; retries send the same bytes. Pure but for time. */
  encode(traces: Traces): Promise<Uint8Array> | Uint8Array
  /**
   * Makes one attempt. Rejects with `PermanentError`, `RetryableError` or `ThrottleError`; any other
   * error counts as retryable. `UndeliveredError` names the part that is still to be sent.
   */
  send(body: Uint8Array, context: SendContext): Promise<SendOutcome | void>
}

/** A destination took a part of a request and named the rest: only that is sent again (EXP-27). */
export class UndeliveredError extends RetryableError {
  readonly remaining: Traces

  constructor(remaining: Traces, code: string, message: string, options?: RetryableErrorOptions) {
    super(code, message, options)
    this.remaining = remaining
  }
}

/** The part that an `UndeliveredError` names. */
export function remainingOf(error: unknown): Traces | undefined {
  if (!(error instanceof Error) || !('remaining' in error)) return undefined
  return error.remaining instanceof Traces ? error.remaining : undefined
}

/** One request on its way out. */
export interface Delivery {
  readonly traces: Traces
  readonly metadata?: Metadata | undefined
  /** Aborts when a caller that waits for the result gives up; absent behind a queue (EXP-05). */
  readonly signal?: AbortSignal | undefined
  /** When that caller gives up, in milliseconds of `Clock.monotonic`. */
  readonly deadline?: number | undefined
  /** The collector's own trace context; of one call only. */
  readonly trace?: Context | undefined
}

/** Sends a request with everything that belongs to it; rejects when it was finally given up. */
export type Deliver = (delivery: Delivery) => Promise<void>
