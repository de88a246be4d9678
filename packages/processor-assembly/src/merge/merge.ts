import type { AttributeValue } from '@spanloom/core/traces'

import { mark } from '../fragment/control.ts'
import type { Fragment } from '../fragment/fragment.ts'
import type { Profile } from '../profile.ts'
import type { RunIds } from '../runs/ids.ts'
import type { Parentage } from '../runs/parents.ts'
import { type Run, sameEnd } from '../runs/run.ts'
import type { SpanPlan, Superseded } from './span-plan.ts'

/** What a run needs to become a span, besides its fragments. */
export interface MergeContext {
  readonly profile: Profile
  readonly spanId: string
  readonly parentage: Parentage
  /** The run before it, if it is to link to it. */
  readonly rerunOf: RunIds | undefined
  readonly target: (key: string) => RunIds | undefined
}

/** What the span of a run is made of (`assembly.md` section 5). Pure. */
export function mergePlan(run: Run, context: MergeContext): SpanPlan {
  const { profile, spanId, parentage, rerunOf, target } = context
  const superseded = supersededOf(run)
  const content = mergeOrder(run)
  return {
    ids: { traceId: parentage.traceId, spanId },
    parentSpanId: parentage.parentSpanId,
    name: undefined,
    defaultName: profile.defaultName,
    start: run.begin,
    end: run.over,
    content,
    attributed: attributedOf(run, content, superseded),
    superseded,
    statusOf: run.end,
    marks: marksOf(run, parentage),
    link: rerunOf && { ...rerunOf, reason: 'rerun' },
    maxSpanEvents: profile.maxSpanEvents,
    target,
  }
}

/** The start of the run, the others as ordered, the end that counts; each once. */
export function mergeOrder({ fragments, first, end }: Run): readonly Fragment[] {
  const isOrdered =
    (first === undefined || first === fragments[0]) && (end === undefined || end === fragments.at(-1))
  if (isOrdered) return fragments
  const order = fragments.filter((fragment) => fragment !== first && fragment !== end)
  if (first !== undefined) order.unshift(first)
  if (end !== undefined && end !== first) order.push(end)
  return order
}

function supersededOf({ ends, end, extraStarts }: Run): ReadonlyMap<Fragment, Superseded> {
  if (extraStarts.length === 0 && ends.length < 2) return none
  const superseded = new Map<Fragment, Superseded>(extraStarts.map((fragment) => [fragment, 'start']))
  if (end === undefined) return superseded
  const { code, message } = end.status
  for (const other of ends) if (!sameEnd(other, end.end, code, message)) superseded.set(other, 'end')
  return superseded
}

const none: ReadonlyMap<Fragment, Superseded> = new Map()

/** Of what is superseded only a complete fragment gives its attributes. A run's own start may be its end, too. */
function attributedOf(
  { first, end }: Run,
  content: readonly Fragment[],
  superseded: ReadonlyMap<Fragment, Superseded>,
): readonly Fragment[] {
  const isBoth = first !== undefined && first === end && content.length > 1
  if (superseded.size === 0 && !isBoth) return content
  const attributed = content.filter((one) => !superseded.has(one) || one.kind === 'complete')
  if (isBoth) attributed.push(...attributed.splice(0, 1))
  return attributed
}

function marksOf(run: Run, { ignored }: Parentage): ReadonlyMap<string, AttributeValue> {
  const marks = new Map<string, AttributeValue>()
  const missing = run.startSaid
    ? run.hasEnd
      ? ''
      : 'missing_end'
    : run.hasEnd
      ? 'missing_start'
      : 'missing_start_and_end'
  if (missing !== '') marks.set(mark.incomplete, missing)
  if (run.hasEnd && run.finish < run.begin) {
    marks.set(mark.clamped, true)
    marks.set(mark.reportedEnd, String(run.finish))
  }
  if (ignored !== undefined) marks.set(mark.parentIgnored, ignored)
  if (run.fragments.length > 1) marks.set(mark.fragments, run.fragments.length)
  return marks
}
