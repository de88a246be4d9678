import type { Span } from '../traces/span.ts'

/** What happens to a start that comes while a run is open (`assembly.md` section 4). */
export type RestartPolicy = 'ignore' | 'merge' | 'close' | 'abandon'

/**
 * How `span_assembly` treats the fragments of one kind of key: plain data that a receiver's package
 * registers under a name (`assembly.md` section 8). Durations are milliseconds. What is absent has its default.
 */
export interface AssemblyProfile {
  /** Which of several ends counts, or that what follows the end opens a new run. Default `last`. */
  readonly end?: 'last' | 'first' | 'new'
  /** Default `ignore`. */
  readonly onRestart?: RestartPolicy
  /** Default `keep`. */
  readonly orphanUpdate?: 'keep' | 'drop'
  /** What becomes of a run without end at `idleTimeoutMs`. Default `emit`. */
  readonly onTimeout?: 'emit' | 'drop'
  /** What becomes of open runs at shutdown without storage. Default `flush`. */
  readonly onShutdown?: 'flush' | 'drop'
  /** Default `span`. */
  readonly late?: 'span' | 'drop'
  /** Whether a run after another of its key links to the one before. Default true. */
  readonly rerunLink?: boolean
  /** Name of a span whose fragments have none. Default `unknown`. */
  readonly defaultName?: string
  /** Default 2 s. */
  readonly settleMs?: number
  /** Default 30 s. */
  readonly startWaitMs?: number
  /** Default 24 h. */
  readonly idleTimeoutMs?: number
  /** Default 24 h. */
  readonly tombstoneTtlMs?: number
  /** Default 0. */
  readonly waitForParentMs?: number
  /** 0 switches the repair of skewed clocks off. Default 5 s. */
  readonly clockSkewMs?: number
  /** Default 1000. */
  readonly maxSpanEvents?: number
  /** Default 10 000. */
  readonly maxFragments?: number
  /** Ranks of fragments that name none. Defaults 0, 10, 20, 20. */
  readonly ranks?: {
    readonly start?: number
    readonly update?: number
    readonly end?: number
    readonly complete?: number
  }
  /**
   * Last touch of a source to its assembled span, a pure function; `fragments` are the spans it was made
   * of, in merge order. Where plain data is enough, leave it out.
   */
  readonly finish?: (span: Span, fragments: readonly Span[]) => Span
}
