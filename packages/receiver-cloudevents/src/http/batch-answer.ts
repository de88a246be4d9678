import type { EventFault } from '@spanloom/cloudevents'
import type { SourceAnswer } from '@spanloom/core'

/** A member of a batch that was not taken. */
export interface RejectedMember {
  readonly index: number
  readonly reason: EventFault | 'refused_by_consumer'
}

/** What the sender of a batch is told (F-BATCH-2): 202 for all taken, 200 for some, 400 for none. */
export function batchAnswer(accepted: number, rejected: readonly RejectedMember[]): SourceAnswer {
  const status = rejected.length === 0 ? 202 : accepted > 0 ? 200 : 400
  return { status, json: { accepted, rejected: rejected.toSorted((a, b) => a.index - b.index) } }
}
