import type { AttributeValue } from '@spanloom/core/traces'

import { mark } from '../fragment/control.ts'
import type { Fragment } from '../fragment/fragment.ts'
import type { Profile } from '../profile.ts'
import { lateSpanId, type RunIds } from '../runs/ids.ts'
import type { Remembered } from '../runs/remembered.ts'
import { sameEnd } from '../runs/run.ts'
import type { SpanPlan } from './span-plan.ts'

/** What becomes of a fragment whose run has left: a span, or nothing for this reason. */
export type LateFate = 'span' | 'superseded' | 'orphan' | 'late'

/** Decides about a late fragment (`assembly.md` section 7). */
export function fateOf(fragment: Fragment, of: Remembered, profile: Profile): LateFate {
  if (fragment.hasEnd && of.endTold) {
    const { code, message } = of.endStatus
    const isSettled = profile.end === 'first' && fragment.end >= of.end
    if (isSettled || sameEnd(fragment, of.end, code, message)) return 'superseded'
  }
  if (fragment.kind === 'update' && profile.orphanUpdate === 'drop') return 'orphan'
  return profile.late === 'drop' ? 'late' : 'span'
}

const marks: ReadonlyMap<string, AttributeValue> = new Map([[mark.late, true]])

/** The span of a late fragment: its place from the run that it belongs to, its content from itself alone. */
export function latePlan(
  fragment: Fragment,
  of: Remembered,
  { maxSpanEvents, defaultName }: Profile,
  target: (key: string) => RunIds | undefined,
): SpanPlan {
  // A complete fragment that falls to a run counts there as one of its ends.
  const time = fragment.hasEnd ? fragment.end : fragment.time
  return {
    ids: { traceId: of.traceId, spanId: lateSpanId(of, time) },
    parentSpanId: of.parentSpanId,
    name: of.name,
    defaultName,
    start: of.start,
    end: time < of.start ? of.start : time,
    content: [fragment],
    attributed: [fragment],
    superseded: new Map(),
    statusOf: fragment,
    marks,
    link: { traceId: of.traceId, spanId: of.spanId, reason: 'late' },
    maxSpanEvents,
    target,
  }
}
