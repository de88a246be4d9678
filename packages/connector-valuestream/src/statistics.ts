/** What is told of a set of values. */
export interface Distribution {
  /** How many values there are. */
  readonly count: number
  /** `undefined` without values, as all three are. */
  readonly mean: number | undefined
  readonly p50: number | undefined
  readonly p90: number | undefined
}

/** Mean and percentiles. */
export function distributionOf(values: readonly number[]): Distribution {
  const sorted = values.toSorted((a, b) => a - b)
  const sum = sorted.reduce((total, value) => total + value, 0)
  return {
    count: sorted.length,
    mean: sorted.length === 0 ? undefined : sum / sorted.length,
    p50: percentile(sorted, 0.5),
    p90: percentile(sorted, 0.9),
  }
}

/** The percentile of sorted values, between two of them in proportion; `undefined` without values. */
export function percentile(sorted: readonly number[], share: number): number | undefined {
  const at = (sorted.length - 1) * share
  const [below, above] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]]
  if (below === undefined || above === undefined) return undefined
  return below + (above - below) * (at - Math.floor(at))
}

const dayMs = 86_400_000

/** A stretch of time, unix milliseconds: after `from`, up to and with `until`. */
export interface Period {
  readonly from: number
  readonly until: number
}

export const lasts = ({ from, until }: Period): number => until - from

export const covers = ({ from, until }: Period, time: number): boolean => time > from && time <= until

/** How many days a period has; the last one of them, the oldest, may be shorter. */
export const dayCount = (period: Period): number => Math.ceil(lasts(period) / dayMs)

/** Values by day, counted back from the end of the period; days without any are empty. */
export function byDay<T>(items: readonly T[], timeOf: (item: T) => number, period: Period): readonly T[][] {
  const days = Array.from({ length: dayCount(period) }, (): T[] => [])
  for (const item of items) {
    const time = timeOf(item)
    if (covers(period, time)) days[Math.floor((period.until - time) / dayMs)]?.push(item)
  }
  return days
}

/** Length of a period in days. */
export const daysIn = (period: Period): number => lasts(period) / dayMs
