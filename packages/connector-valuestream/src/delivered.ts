import { byEnd, type Deployment } from './deployments.ts'
import type { Fact } from './fact.ts'
import type { Lineage } from './lineage.ts'

/** Which changes went out with which deployments. */
export interface Deliveries {
  /** The first successful deployment that had the change in it, by id of the change. */
  readonly firstOf: ReadonlyMap<string, Fact>
  /** The changes that a deployment brought, or tried to, by id of the deployment. */
  readonly changesOf: ReadonlyMap<string, ReadonlySet<Fact>>
}

/** What is deployed under such names are revisions and tags of versions, which no change goes into. */
const noBranch = /^(?:[0-9a-f]{7,64}|(?:refs\/tags\/.+)|(?:release[-/])?v?\d+(?:[.-]\w+)+)$/i

/**
 * Finds out which merged changes each deployment brought (`valuestream.md` chapter 10). A deployment has a change in
 * it that is among its ancestors, or whose merge made the deployed revision, or that was merged into the deployed
 * branch of the same repository before the deployment began. Of those the first successful one delivered it.
 */
export function deliveriesOf(
  changes: readonly Fact[],
  deployments: readonly Deployment[],
  lineage: Lineage,
): Deliveries {
  const merged = changes.filter((change) => change.merged)
  const byRevision = Map.groupBy(
    merged.filter(({ mergeRevision }) => mergeRevision !== undefined),
    ({ mergeRevision }) => mergeRevision,
  )
  const changesOf = new Map<string, Set<Fact>>()
  const firstOf = new Map<string, Fact>()
  const places = Map.groupBy(deployments, ({ fact }) => fact.repository)

  for (const { fact } of deployments) {
    const own = new Set(lineage.ancestorsOf('change', fact))
    for (const change of byRevision.get(fact.revision) ?? []) own.add(change)
    const named = [...own].filter((change) => change.merged)
    changesOf.set(fact.id, new Set(named))
    if (!fact.failed) for (const change of named) if (!firstOf.has(change.id)) firstOf.set(change.id, fact)
  }
  for (const change of merged) {
    const next = firstAfter(places.get(change.repository) ?? [], change)
    if (next === undefined) continue
    const named = firstOf.get(change.id)
    if (named === undefined || byEnd(next, named) < 0) firstOf.set(change.id, next)
  }
  for (const change of merged) {
    const deployment = firstOf.get(change.id)
    if (deployment !== undefined) changesOf.get(deployment.id)?.add(change)
  }
  return { firstOf, changesOf }
}

/** The first of these deployments, sorted by end, that must have had the change in it. */
function firstAfter(deployments: readonly Deployment[], change: Fact): Fact | undefined {
  let [low, high] = [0, deployments.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((deployments[middle]?.fact.end ?? 0) < change.end) low = middle + 1
    else high = middle
  }
  for (let at = low; at < deployments.length; at++) {
    const fact = deployments[at]?.fact
    if (fact !== undefined && includes(fact, change)) return fact
  }
  return undefined
}

/** Whether the deployment must have had the change in it because that was merged before into the same branch. */
function includes(deployment: Fact, change: Fact): boolean {
  if (deployment.failed || deployment.start < change.end) return false
  const { ref } = deployment
  return ref === undefined || ref === change.ref || change.ref === undefined || noBranch.test(ref)
}
