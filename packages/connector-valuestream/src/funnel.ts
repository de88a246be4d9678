/** How many items came how far, and why the others did not. */
export interface Funnel {
  readonly received: number
  readonly classified: number
  readonly paired: number
  readonly counted: number
  /** Items by the first step that they did not take, and why. */
  readonly excluded: readonly Exclusion[]
}

/** Items that did not get to a step for one reason. */
export interface Exclusion {
  readonly step: Step
  readonly reason: string
  readonly count: number
}

/** The steps after `received`. */
export type Step = 'classified' | 'paired' | 'counted'

/** Why an item does not take each step; `undefined` where it does. */
export type Steps<T> = Readonly<Record<Step, (item: T) => string | undefined>>

const order: readonly Step[] = ['classified', 'paired', 'counted']

/** Leads items through the steps. Answers the funnel and the items that came through. */
export function funnelOf<T>(
  items: readonly T[],
  steps: Steps<T>,
): { readonly funnel: Funnel; readonly counted: readonly T[] } {
  const excluded = new Map<string, Exclusion>()
  const reached: Record<Step, number> = { classified: 0, paired: 0, counted: 0 }
  const counted = items.filter((item) => {
    for (const step of order) {
      const reason = steps[step](item)
      if (reason !== undefined) {
        const key = `${step} ${reason}`
        excluded.set(key, { step, reason, count: (excluded.get(key)?.count ?? 0) + 1 })
        return false
      }
      reached[step]++
    }
    return true
  })
  const reasons = [...excluded.entries()].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, each]) => each)
  return { funnel: { received: items.length, ...reached, excluded: reasons }, counted }
}
