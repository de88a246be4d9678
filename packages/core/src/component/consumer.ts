import type { Context } from '@opentelemetry/api'

import type { Traces } from '../traces/traces.ts'

/** What travels beside the data (CMP-11). */
export interface ConsumeContext {
  /** Aborts when the caller no longer waits for the outcome. */
  readonly signal: AbortSignal
  /** When the caller gives up, in milliseconds of `Clock.monotonic`, as far as its protocol tells (EXP-24). */
  readonly deadline?: number
  /** Lower-cased request headers of the sender, only where the receiver has `include_metadata: true`. */
  readonly metadata?: ReadonlyMap<string, readonly string[]>
  /** Address of the sender. */
  readonly clientAddress?: string
  /** How a receiver got the data, such as `grpc` or `http`; becomes the attribute `transport` of its metrics. */
  readonly transport?: string
  /** The collector's own trace context, present only where its own traces are switched on (12.4). */
  readonly trace?: Context
}

/**
 * The next stage of a pipeline.
 *
 * The promise resolves once the stage has taken responsibility for the data and rejects with a typed
 * error otherwise: `PermanentError`, `RetryableError`, `ThrottleError` or `ShutdownError`. A receiver
 * answers its sender only after that (`design.md` section 3).
 */
export interface TracesConsumer {
  consumeTraces(traces: Traces, context: ConsumeContext): Promise<void>
}
