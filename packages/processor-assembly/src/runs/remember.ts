import type { Fragment, FragmentStatus } from '../fragment/fragment.ts'
import type { Place } from '../fragment/order.ts'
import { type Few, membersOf, withMember } from '../keys/few.ts'
import type { Parentage } from './parents.ts'
import type { Remembered } from './remembered.ts'
import type { KnownRun } from './view.ts'

/** So many runs of one key are remembered: a key that is used again and again must not grow for ever. */
const maxRuns = 64

const unset: FragmentStatus = { code: 0, message: '' }
const nowhere: Place = { time: 0n, rank: 0, arrival: 0 }

/** What stays of a run that is emitted. */
export function remember(
  known: KnownRun,
  { traceId, parentSpanId, parentKey }: Parentage,
  name: string,
): Remembered {
  const { run, ids } = known
  const { fragments, end, closedBy } = run
  const closer = end ?? closerOf(closedBy) ?? fragments.at(-1) ?? nowhere
  return {
    traceId,
    spanId: ids.spanId,
    parentSpanId,
    parentKey,
    name,
    start: run.begin,
    end: run.finish,
    startTold: run.hasStart,
    startAssumed: !run.hasStart && run.startSaid,
    endTold: run.hasEnd,
    endRank: closer.rank,
    endStatus: end?.status ?? unset,
    opened: placeOf(fragments[0] ?? nowhere),
    closed: placeOf(closer),
    aliases: aliasesOf(fragments),
  }
}

/**
 * The runs that a key goes on remembering. The first one stays for good, because the ids of the key are its ids
 * and no later run may take them again.
 */
export function worthRemembering(runs: readonly Remembered[]): readonly Remembered[] {
  return runs.length <= maxRuns ? runs : [...runs.slice(0, 1), ...runs.slice(1 - maxRuns)]
}

function closerOf(closedBy: Fragment | Remembered | undefined): Place | undefined {
  if (closedBy === undefined) return undefined
  return 'opened' in closedBy ? closedBy.opened : closedBy
}

function placeOf({ time, rank, arrival }: Place): Place {
  return { time, rank, arrival }
}

function aliasesOf(fragments: readonly Fragment[]): readonly string[] {
  let all: Few<string> | undefined
  for (const { aliases } of fragments) for (const alias of aliases) all = withMember(all, alias)
  return all === undefined ? none : [...membersOf(all)]
}

const none: readonly string[] = []
