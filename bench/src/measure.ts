import { usageOf } from './usage.ts'

/** One measured round. */
export interface Round {
  readonly units: number
  readonly seconds: number
  readonly cpuSeconds: number
  readonly rssMiB: number
}

/** Best and median over the rounds of one variant. */
export interface Figures {
  readonly variant: string
  /** Thousand units per CPU-second of the process under test. */
  readonly perCpuSecondBest: number
  readonly perCpuSecondMedian: number
  /** Thousand units per second of wall time. */
  readonly perSecondBest: number
  readonly cpuSecondsPerMillion: number
  readonly rssMiB: number
}

/** Runs `work` and reads what it cost the process. */
export async function measure(pid: number, units: number, work: () => Promise<void>): Promise<Round> {
  const before = usageOf(pid)
  const started = performance.now()
  await work()
  const after = usageOf(pid)
  return {
    units,
    seconds: (performance.now() - started) / 1000,
    cpuSeconds: after.cpuSeconds - before.cpuSeconds,
    rssMiB: after.rssMiB,
  }
}

export function figuresOf(variant: string, rounds: readonly Round[]): Figures {
  const perCpu = rounds.map(({ units, cpuSeconds }) => units / cpuSeconds / 1000).toSorted((a, b) => a - b)
  const best = perCpu.at(-1) ?? 0
  const median = perCpu[Math.trunc(perCpu.length / 2)] ?? 0
  return {
    variant,
    perCpuSecondBest: best,
    perCpuSecondMedian: median,
    perSecondBest: Math.max(...rounds.map(({ units, seconds }) => units / seconds / 1000)),
    cpuSecondsPerMillion: 1000 / median,
    rssMiB: Math.max(...rounds.map(({ rssMiB }) => rssMiB)),
  }
}
