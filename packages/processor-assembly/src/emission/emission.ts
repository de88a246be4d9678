import type { Logger } from '@spanloom/core'
import { Resource, Scope, Span } from '@spanloom/core/traces'

import type { Fragment } from '../fragment/fragment.ts'
import { type Composed, composeSpan } from '../merge/compose.ts'
import { fateOf, latePlan } from '../merge/late.ts'
import { mergeOrder, mergePlan } from '../merge/merge.ts'
import type { Profile } from '../profile.ts'
import type { RunIds } from '../runs/ids.ts'
import type { Parents } from '../runs/parents.ts'
import { remember } from '../runs/remember.ts'
import type { Remembered } from '../runs/remembered.ts'
import type { Run } from '../runs/run.ts'
import type { KnownRun, View } from '../runs/view.ts'
import type { Departures } from './departures.ts'

/** A run that leaves as a span. */
export interface EmittedRun {
  readonly run: Run
  readonly span: Span
  readonly remembered: Remembered
}

/** A late fragment that leaves: as a span, or dropped for a reason. */
export interface LateFragment {
  readonly fragment: Fragment
  readonly outcome: Span | 'superseded' | 'orphan' | 'late'
}

/** Makes the spans of what leaves a key. Changes nothing, so that it can be begun again. */
export class Emission {
  readonly #parents: Parents
  readonly #logger: Logger
  #complained: boolean = false

  constructor(parents: Parents, logger: Logger) {
    this.#parents = parents
    this.#logger = logger
  }

  runs(view: View, { emitted }: Departures): readonly EmittedRun[] {
    return emitted.map((known) => this.#emit(known, view.profile))
  }

  late({ profile }: View, { late }: Departures): readonly LateFragment[] {
    return late.map(({ fragment, of }) => {
      const fate = fateOf(fragment, of, profile)
      if (fate !== 'span') return { fragment, outcome: fate }
      const composed = composeSpan(latePlan(fragment, of, profile, this.#targetFrom(of.start)))
      return { fragment, outcome: this.#finished(composed, [fragment], profile) }
    })
  }

  #emit(known: KnownRun, profile: Profile): EmittedRun {
    const { run, ids, before } = known
    const parentage = this.#parents.of(known)
    const plan = mergePlan(run, {
      profile,
      spanId: ids.spanId,
      parentage,
      rerunOf: profile.rerunLink && before !== undefined ? this.#idsOf(before) : undefined,
      target: this.#targetFrom(run.begin),
    })
    const composed = composeSpan(plan)
    const span = this.#finished(composed, mergeOrder(run), profile)
    const name = span === composed.span ? composed.name : span.name
    return { run, span, remembered: remember(known, parentage, name) }
  }

  #idsOf(known: KnownRun): RunIds {
    return { traceId: this.#parents.of(known).traceId, spanId: known.ids.spanId }
  }

  #targetFrom(begin: bigint): (key: string) => RunIds | undefined {
    return (key) => this.#parents.target(key, begin)
  }

  /** The last touch of the source; one that fails is left out. */
  #finished({ span }: Composed, fragments: readonly Fragment[], { finish }: Profile): Span {
    if (finish === undefined) return span
    try {
      return finish(span, fragments.map(spanOf))
    } catch (error) {
      if (!this.#complained) this.#logger.error('A profile could not finish a span.', { error })
      this.#complained = true
      return span
    }
  }
}

/** A copy, because the bytes of fragments are overwritten once they have left. */
function spanOf({ buffer, from, to, resource, scope }: Fragment): Span {
  return Span.of(Buffer.from(buffer.subarray(from, to)), resource ?? Resource.empty, scope ?? Scope.empty)
}
