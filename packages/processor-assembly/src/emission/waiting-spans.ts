import type { Traces } from '@spanloom/core'

/** Emitted spans that are handed on together and that the next stage has not taken. */
export interface WaitingBatch {
  readonly traces: Traces
  /** Number of the record on disk that holds them; 0 for none. */
  record: number
}

/** Emitted spans that the next stage has not taken, in the order in which they were emitted. */
export interface WaitingSpans {
  /** Spans that were ever emitted, and how many of them, the first ones, were taken or refused for good. */
  readonly pushed: number
  readonly taken: number
  /** Whether the next stage refuses spans for now. */
  readonly isRefused: boolean
  batches(): readonly WaitingBatch[]
}
