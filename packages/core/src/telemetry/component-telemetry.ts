import type { Meter, Tracer } from '@opentelemetry/api'

import type { Logger } from './logger.ts'
import type { StatusReporter } from './status.ts'

/**
 * A component's share of the bookkeeping identity `in = out + dropped(reason) + merged + held` (TEL-10).
 * What passes is counted by the edges of the pipeline; here a component tells what nobody outside can see.
 */
export interface Accounting {
  /** `count` spans end here; `reason` is a short snake_case word from a fixed set. */
  dropped(count: number, reason: string): void
  /** `count` spans became part of another one. */
  merged(count: number): void
  /** Extra spans that the component made of nothing that came in, such as a root for replayed data. */
  created(count: number): void
  /** Registers how many spans are held at the moment. */
  held(read: () => number): void
  /**
   * The component stops and leaves `count` spans in a storage; it holds them no longer. The instance that finds them
   * there tells them as `created` and holds them.
   */
  kept?(count: number): void
  /**
   * A receiver could not make spans of a request through its own or the sender's fault, before the
   * pipeline saw it: `count` spans as far as they are known, else 0. Counts as `otelcol_receiver_failed_spans`.
   */
  failed?(count: number, transport?: string): void
  /**
   * The destination took `count` spans. An exporter with a queue tells it when that happens; of an
   * exporter that never calls this, the host takes the outcome of `consumeTraces`.
   */
  sent?(count: number): void
}

/** What the host gives each component to tell about itself. */
export interface ComponentTelemetry {
  readonly logger: Logger
  readonly meter: Meter
  /** Default `normal`; instruments and attributes of the level `detailed` exist only there (12.2). */
  readonly metricsLevel?: 'none' | 'basic' | 'normal' | 'detailed'
  readonly tracer: Tracer
  readonly status: StatusReporter
  readonly accounting: Accounting
}
