import { PermanentError, type SpanInit } from '@spanloom/core'

/** Where events come from, by the names that stand in span ids (`valuestream.md` chapter 1). */
export type Source = 'github' | 'gitlab' | 'jenkins' | 'jiracloud' | 'customhttp'

/** One delivery, as a webhook brings it or as it is rebuilt from a source's history. */
export interface SourceEvent {
  /**
   * Kind of the event where the source says it beside the payload: `X-GitHub-Event`, `X-Gitlab-Event`. Empty for the
   * others.
   */
  readonly name: string
  /** The parsed JSON. */
  readonly payload: unknown
}

/** What a translation knows beside the event. */
export interface TranslationContext {
  /** Unix nanoseconds; counts only for custom HTTP events that name no time. */
  readonly arrivalTime: bigint
}

/** Why a well-formed delivery yields nothing (`valuestream.md` section 2.2). */
export type IgnoredReason = 'unsupported_type' | 'duplicate' | 'action' | 'no_time' | 'not_a_build'

/** Start or end of an operation, for plain metrics. */
export interface Milestone {
  readonly source: Source
  readonly operation: string
  readonly state: 'start' | 'end'
  readonly isError: boolean
  /** Seconds, where the event that ends the operation tells its start, too. */
  readonly duration?: number
}

/** What became of one delivery. */
export interface Translation {
  /** Spans that may lack their start or end, with control attributes; empty when the delivery is `ignored`. */
  readonly fragments: readonly SpanInit[]
  readonly ignored?: IgnoredReason
  readonly milestones: readonly Milestone[]
}

/**
 * Makes fragments of one delivery; pure.
 *
 * @throws PayloadError when a required field is missing
 */
export type Translate = (event: SourceEvent, context: TranslationContext) => Translation

/** A delivery that only its sender can mend. */
export class PayloadError extends PermanentError {
  /** Path of the field at fault, such as `issue.number`. */
  readonly field: string

  constructor(field: string, message: string = `The field ${field} is missing or of the wrong type.`) {
    super('INVALID_PAYLOAD', message, { grpcStatus: 3 })
    this.field = field
  }
}

/** The translation of a delivery that yields nothing. */
export function ignored(reason: IgnoredReason): Translation {
  return { fragments: [], ignored: reason, milestones: [] }
}
