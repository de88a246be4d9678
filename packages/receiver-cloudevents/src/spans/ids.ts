import { hash } from 'node:crypto'

import type { CloudEvent, TraceContext } from '@spanloom/cloudevents'

/** Which span of an event. */
export type SpanRole = 'create' | 'process'

/** What the ids of a span are a function of, beside its event. */
export interface IdentityOf {
  readonly role: SpanRole
  /** Who made the span: two receivers that get one event make two spans. */
  readonly owner: string
  readonly parent: TraceContext | undefined
  /** How often the event came before in the same delivery. */
  readonly repetition: number
}

/**
 * Ids of a span that belongs to an event, derived from what the event says of itself: an event that is delivered
 * again, because the answer got lost, leads to the same span again (`design.md` section 1).
 */
export function idsOf(
  { source, id }: Pick<CloudEvent, 'source' | 'id'>,
  { role, owner, parent, repetition }: IdentityOf,
): { readonly traceId: string; readonly spanId: string } {
  // U+0000 is in no attribute of an event, so that parts cannot run into each other.
  const parts = [role, owner, source, id, parent?.traceId ?? '', parent?.spanId ?? '', String(repetition)]
  const digest = hash('sha256', parts.join('\u0000'))
  return { traceId: parent?.traceId ?? notZero(digest.slice(0, 32)), spanId: notZero(digest.slice(32, 48)) }
}

/** Ids of all 0 mean that there is none. */
export function notZero(digits: string): string {
  return /^0+$/.test(digits) ? digits.replace(/0$/, '1') : digits
}

/** Whether a trace that begins here is recorded: a function of its id, so that all instances agree. */
export function isSampled(traceId: string, ratio: number): boolean {
  if (ratio >= 1) return true
  const digits = 13
  return Number.parseInt(traceId.slice(-digits), 16) / 16 ** digits >= 1 - ratio
}
