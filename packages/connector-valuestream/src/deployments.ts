import type { ValueStreamConfig } from './config.ts'
import type { Fact } from './fact.ts'
import type { Lineage } from './lineage.ts'

/** Why a deployment counts as a failure. */
export type FailureCause = 'deployment' | 'rollback' | 'incident'

/** All causes. */
export const failureCauses: readonly FailureCause[] = ['deployment', 'rollback', 'incident']

/** A production deployment and what became of it. */
export interface Deployment {
  readonly fact: Fact
  readonly failure: FailureCause | undefined
  /** When the failure was over, unix milliseconds. */
  readonly restoredAt: number | undefined
}

/** Why a deploy span is no production deployment; `undefined` if it is one. */
export function exclusionOf(fact: Fact, settings: ValueStreamConfig): string | undefined {
  if (fact.incomplete?.includes('end') === true) return 'incomplete'
  if (fact.result === 'skip') return 'skipped'
  const environment = fact.tier ?? fact.environment
  if (environment === undefined)
    return settings.no_environment === 'production' ? undefined : 'no_environment'
  return has(settings.production, environment) ? undefined : 'not_production'
}

/**
 * Production deployments in the order in which they ended, each with its failure and its restoration
 * (`valuestream.md` chapter 10). A failure is a deployment that failed; or one after which an older revision came
 * back to the same place; or one that an incident names as its cause.
 */
export function deploymentsOf(
  facts: readonly Fact[],
  incidents: readonly Fact[],
  lineage: Lineage,
): readonly Deployment[] {
  const blamed = blamedBy(incidents, lineage)
  const places = Map.groupBy(facts, ({ repository, environment = '' }) => `${repository}\n${environment}`)
  return [...places.values()]
    .flatMap((place) => inOnePlace(place.toSorted(byEnd), blamed))
    .toSorted((a, b) => byEnd(a.fact, b.fact))
}

function inOnePlace(facts: readonly Fact[], blamed: ReadonlyMap<string, Fact>): readonly Deployment[] {
  const rollbacks = rollbacksAmong(facts)
  const nextSuccess: (Fact | undefined)[] = []
  let success: Fact | undefined
  for (const [back, fact] of facts.toReversed().entries()) {
    nextSuccess[facts.length - 1 - back] = success
    if (!fact.failed) success = fact
  }
  return facts.map((fact, index): Deployment => {
    const rollback = rollbacks.get(fact.id)
    const incident = blamed.get(fact.id)
    const failure: FailureCause | undefined = fact.failed
      ? 'deployment'
      : rollback !== undefined
        ? 'rollback'
        : incident === undefined
          ? undefined
          : 'incident'
    const restoredAt =
      failure === 'deployment'
        ? nextSuccess[index]?.end
        : failure === 'rollback'
          ? rollback?.end
          : incident?.end
    return {
      fact,
      failure,
      restoredAt: failure === undefined ? undefined : restoredAt,
    }
  })
}

/** The deployment that took each one back: the next success, if its revision had been there before. */
function rollbacksAmong(facts: readonly Fact[]): ReadonlyMap<string, Fact> {
  const been = new Set<string>()
  const found = new Map<string, Fact>()
  let last: Fact | undefined
  for (const fact of facts) {
    const { revision } = fact
    if (fact.failed || revision === undefined) continue
    if (last !== undefined && last.revision !== revision && been.has(revision)) found.set(last.id, fact)
    been.add(revision)
    last = fact
  }
  return found
}

/** Deployments that an incident names, with the first incident that does. */
function blamedBy(incidents: readonly Fact[], lineage: Lineage): ReadonlyMap<string, Fact> {
  const blamed = new Map<string, Fact>()
  for (const incident of incidents.toSorted(byEnd)) {
    for (const { id } of lineage.ancestorsOf('deployment', incident))
      if (!blamed.has(id)) blamed.set(id, incident)
  }
  return blamed
}

/** Whether a list of words of the settings has this one. */
export function has(words: readonly string[], word: string | undefined): boolean {
  return word !== undefined && words.some((each) => each.toLowerCase() === word)
}

/** By end, then by id, so that the order never depends on arrival. */
export const byEnd = (a: Fact, b: Fact): number => a.end - b.end || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)
