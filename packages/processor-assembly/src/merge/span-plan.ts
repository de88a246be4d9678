import type { AttributeValue } from '@spanloom/core/traces'

import type { Fragment } from '../fragment/fragment.ts'
import type { RunIds } from '../runs/ids.ts'

/** What a fragment told that does not count, but stays visible. */
export type Superseded = 'start' | 'end'

/** A link that the assembler adds. */
export interface AddedLink extends RunIds {
  readonly reason: 'rerun' | 'late'
}

/** What a span is to be made of; `composeSpan` only writes it down. */
export interface SpanPlan {
  /** Ids in lower-case hex; no parent is ''. */
  readonly ids: RunIds
  readonly parentSpanId: string
  /** Wins over the names of the fragments; undefined leaves it to them. */
  readonly name: string | undefined
  readonly defaultName: string
  /** In unix ns. */
  readonly start: bigint
  readonly end: bigint
  /** Everything that it is made of, once, in merge order (`assembly.md` section 5). */
  readonly content: readonly Fragment[]
  /** Those that give attributes, in the order in which later ones win. */
  readonly attributed: readonly Fragment[]
  readonly superseded: ReadonlyMap<Fragment, Superseded>
  /** The fragment whose status counts. */
  readonly statusOf: Fragment | undefined
  readonly marks: ReadonlyMap<string, AttributeValue>
  readonly link: AddedLink | undefined
  readonly maxSpanEvents: number
  /** Ids of the run that a canonical key names; undefined when nobody is known by it. */
  readonly target: (key: string) => RunIds | undefined
}
