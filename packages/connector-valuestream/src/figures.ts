import type { ValueStreamConfig } from './config.ts'
import { deliveriesOf, type Deliveries } from './delivered.ts'
import {
  byEnd,
  type Deployment,
  deploymentsOf,
  exclusionOf,
  type FailureCause,
  failureCauses,
  has,
} from './deployments.ts'
import type { Fact } from './fact.ts'
import type { Facts } from './facts.ts'
import { type Funnel, funnelOf } from './funnel.ts'
import { Lineage } from './lineage.ts'
import { byDay, covers, daysIn, type Distribution, distributionOf, type Period } from './statistics.ts'

/** The five figures, by their names in metrics. */
export const figureNames = [
  'deployment_frequency',
  'lead_time',
  'change_failure_rate',
  'time_to_restore',
  'rework_rate',
] as const

export type FigureName = (typeof figureNames)[number]

/**
 * One figure. `value` is the headline: deployments a day, a share of 1, or the mean of seconds. `p50` and `p90` are
 * over the items for times, over all days of the window for the frequency, over days with items for shares.
 */
export interface Figure {
  readonly value: number | undefined
  readonly p50: number | undefined
  readonly p90: number | undefined
  /** Items that the figure rests on. */
  readonly count: number
  readonly funnel: Funnel
}

/** The figures of everything, or of one repository. */
export interface Figures extends Readonly<Record<FigureName, Figure>> {
  readonly period: Period
  /** Failed deployments in the window, by what made them failures. */
  readonly failures: Readonly<Record<FailureCause, number>>
}

/** Figures of everything, and of each repository where they are wanted. */
export interface Measured {
  readonly all: Figures
  readonly repositories: ReadonlyMap<string, Figures>
}

interface Story {
  readonly settings: ValueStreamConfig
  readonly period: Period
  readonly lineage: Lineage
  readonly exclusions: ReadonlyMap<string, string>
  readonly deployments: ReadonlyMap<string, Deployment>
  readonly deliveries: Deliveries
}

/** Computes everything from the set of facts; `nowMs` is only used for the window. */
export function measure(facts: Facts, settings: ValueStreamConfig, nowMs: number): Measured {
  const [deploys, changes, issues, runs] = [
    facts.of('deployment').toSorted(byEnd),
    facts.of('change').toSorted(byEnd),
    facts.of('issue'),
    facts.of('run'),
  ]
  const lineage = new Lineage([...deploys, ...changes, ...issues, ...runs])
  const exclusions = new Map<string, string>()
  for (const deploy of deploys) {
    const reason = exclusionOf(deploy, settings)
    if (reason !== undefined) exclusions.set(deploy.id, reason)
  }
  const production = deploys.filter(({ id }) => !exclusions.has(id))
  const incidents = issues.filter(
    ({ type, labels }) =>
      has(settings.incident_types, type) || labels.some((label) => has(settings.incident_labels, label)),
  )
  const known = deploymentsOf(production, incidents, lineage)
  const story: Story = {
    settings,
    period: periodOf(production, settings, nowMs),
    lineage,
    exclusions,
    deployments: new Map(known.map((deployment) => [deployment.fact.id, deployment])),
    deliveries: deliveriesOf(changes, known, lineage),
  }
  const repositories = new Map<string, Figures>()
  if (settings.group_by === 'repository') {
    for (const repository of largest(production, settings.max_groups)) {
      const own = ({ repository: its }: Fact): boolean => its === repository
      repositories.set(repository, figuresOf(deploys.filter(own), changes.filter(own), story))
    }
  }
  return { all: figuresOf(deploys, changes, story), repositories }
}

function periodOf(
  production: readonly Fact[],
  { window, window_end }: ValueStreamConfig,
  nowMs: number,
): Period {
  // A clock of somebody else that runs ahead must not move the window.
  const newest = production.findLast(({ end }) => end <= nowMs)?.end
  const until = window_end === 'newest' ? (newest ?? nowMs) : nowMs
  return { from: until - window, until }
}

function largest(production: readonly Fact[], limit: number): readonly string[] {
  const groups = Map.groupBy(production, ({ repository }) => repository)
  return [...groups.entries()]
    .toSorted(([a, those], [b, these]) => these.length - those.length || (a < b ? -1 : 1))
    .slice(0, limit)
    .map(([repository]) => repository)
}

const present = (): undefined => undefined
const endOf = ({ end }: Fact): number => end

function figuresOf(deploys: readonly Fact[], changes: readonly Fact[], story: Story): Figures {
  const { period, exclusions, deployments, deliveries, settings, lineage } = story
  const classified = (fact: Fact): string | undefined =>
    exclusions.get(fact.id) ?? (covers(period, fact.end) ? undefined : 'outside_window')
  const failureOf = ({ id }: Fact): FailureCause | undefined => deployments.get(id)?.failure

  const frequency = funnelOf(deploys, {
    classified,
    paired: present,
    counted: ({ failed }) => (failed ? 'failed' : undefined),
  })
  const failing = funnelOf(deploys, { classified, paired: present, counted: present })
  const restored = funnelOf(deploys, {
    classified: (fact) => classified(fact) ?? (failureOf(fact) === undefined ? 'no_failure' : undefined),
    paired: ({ id }) => (deployments.get(id)?.restoredAt === undefined ? 'not_restored' : undefined),
    counted: ({ id, end }) =>
      (deployments.get(id)?.restoredAt ?? end) < end ? 'negative_duration' : undefined,
  })
  const lead = funnelOf(changes, {
    classified: ({ merged, incomplete }) =>
      merged ? (incomplete?.includes('end') === true ? 'incomplete' : undefined) : 'not_merged',
    paired: ({ id }) => (deliveries.firstOf.has(id) ? undefined : 'not_deployed'),
    counted: (change) => {
      const end = deliveries.firstOf.get(change.id)?.end ?? 0
      if (!covers(period, end)) return 'outside_window'
      return end < leadStart(change, settings) ? 'negative_duration' : undefined
    },
  })
  const isRework = isReworkIn(settings, deliveries, lineage)
  const rework = funnelOf(deploys, {
    classified,
    paired: (fact) => (isRework(fact) === undefined ? 'no_change' : undefined),
    counted: present,
  })

  const daily = (items: readonly Fact[], share: (fact: Fact) => boolean): Distribution =>
    distributionOf(
      byDay(items, endOf, period)
        .filter((each) => each.length > 0)
        .map((each) => each.filter(share).length / each.length),
    )
  const failed = (fact: Fact): boolean => failureOf(fact) !== undefined
  const reworked = (fact: Fact): boolean => isRework(fact) === true

  return {
    period,
    failures: Object.fromEntries(
      failureCauses.map((cause) => [
        cause,
        failing.counted.filter((fact) => failureOf(fact) === cause).length,
      ]),
    ) as Record<FailureCause, number>,
    deployment_frequency: figure(
      frequency,
      frequency.counted.length / daysIn(period),
      distributionOf(byDay(frequency.counted, endOf, period).map(({ length }) => length)),
    ),
    lead_time: ofTimes(
      lead,
      seconds(
        lead.counted,
        (change) => leadStart(change, settings),
        ({ id }) => deliveries.firstOf.get(id)?.end ?? 0,
      ),
    ),
    change_failure_rate: figure(failing, shareOf(failing.counted, failed), daily(failing.counted, failed)),
    time_to_restore: ofTimes(
      restored,
      seconds(restored.counted, endOf, ({ id, end }) => deployments.get(id)?.restoredAt ?? end),
    ),
    rework_rate: figure(rework, shareOf(rework.counted, reworked), daily(rework.counted, reworked)),
  }
}

interface Counted {
  readonly funnel: Funnel
  readonly counted: readonly Fact[]
}

function figure({ funnel, counted }: Counted, value: number | undefined, { p50, p90 }: Distribution): Figure {
  return { value, p50, p90, count: counted.length, funnel }
}

const seconds = (
  items: readonly Fact[],
  from: (fact: Fact) => number,
  to: (fact: Fact) => number,
): Distribution => distributionOf(items.map((item) => (to(item) - from(item)) / 1000))

const ofTimes = (counted: Counted, times: Distribution): Figure => figure(counted, times.mean, times)

const leadStart = ({ start, end }: Fact, { lead_time_from }: ValueStreamConfig): number =>
  lead_time_from === 'opened' ? start : end

const shareOf = (items: readonly Fact[], share: (fact: Fact) => boolean): number | undefined =>
  items.length === 0 ? undefined : items.filter(share).length / items.length

/** Whether a deployment mends something; `undefined` when nothing is known of what it brought. */
function isReworkIn(
  settings: ValueStreamConfig,
  { changesOf }: Deliveries,
  lineage: Lineage,
): (deployment: Fact) => boolean | undefined {
  const known = new Map<string, boolean | undefined>()
  const mends = ({ type, labels }: Fact): boolean =>
    has(settings.bug_types, type) || labels.some((label) => has(settings.bug_labels, label))
  return (deployment) => {
    if (known.has(deployment.id)) return known.get(deployment.id)
    const changes = [...(changesOf.get(deployment.id) ?? [])]
    const reasons = [deployment, ...changes].flatMap((fact) => lineage.ancestorsOf('issue', fact))
    const all = [...changes, ...reasons]
    const answer = all.length === 0 ? undefined : all.some(mends)
    known.set(deployment.id, answer)
    return answer
  }
}
