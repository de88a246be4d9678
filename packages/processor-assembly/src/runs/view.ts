import type { Fragment } from '../fragment/fragment.ts'
import { inOrder } from '../fragment/order.ts'
import type { Profile } from '../profile.ts'
import { idsOfRun, type RunIds, takenIds } from './ids.ts'
import type { Remembered } from './remembered.ts'
import type { Run } from './run.ts'
import { walk, type Walked } from './walk.ts'

/** A run among all that are known at the moment. */
export interface KnownRun {
  readonly run: Run
  /** Canonical key that it belongs to. */
  readonly key: string
  /** Ids before its parent has been looked up. */
  readonly ids: RunIds
  /** The run of its key before it; undefined for the first. */
  readonly before: KnownRun | undefined
  /** Whether it is or will be a span, as far as is known, so that others may refer to it. */
  readonly isSpan: boolean
  /** From when on children may belong to it, in unix ns. */
  readonly adoptsFrom: bigint
}

/** Everything known about one key: its fragments, divided into runs. */
export interface View extends Walked {
  readonly key: string
  readonly profile: Profile
  /** In order. */
  readonly fragments: readonly Fragment[]
  readonly remembered: readonly Remembered[]
  readonly known: readonly KnownRun[]
}

/** Before every event time. */
const always = -1n

/** Looks at all fragments of a key. */
export function viewOf(
  key: string,
  profile: Profile,
  fragments: readonly Fragment[],
  remembered: readonly Remembered[],
): View {
  const ordered = inOrder(fragments)
  const { runs, late, waiting, idle } = walk(ordered, remembered, profile)
  const known = knownRuns(key, profile, runs)
  return { key, profile, fragments: ordered, remembered, known, runs, late, waiting, idle }
}

/** Whether the run will leave no span. */
function vanishes(run: Run, { orphanUpdate }: Profile): boolean {
  return orphanUpdate === 'drop' && run.updatesAlone
}

function knownRuns(key: string, profile: Profile, runs: readonly Run[]): readonly KnownRun[] {
  const taken = takenIds(runs)
  const known: KnownRun[] = []
  let before: KnownRun | undefined
  for (const run of runs) {
    const ids = run.remembered ?? idsOfRun(key, run, taken)
    const adoptsFrom = run.startSaid ? run.begin : (before?.run.over ?? always)
    const isSpan = !vanishes(run, profile)
    const one: KnownRun = { run, key, ids, before, adoptsFrom, isSpan }
    known.push(one)
    if (!isSpan) continue
    before = one
    if (runs.length > 1) taken.add(ids.spanId)
  }
  return known
}
