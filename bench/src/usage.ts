import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** What the operating system says about a process. */
export interface Usage {
  /** User and system time so far. */
  readonly cpuSeconds: number
  readonly rssMiB: number
  /** Largest resident set so far. */
  readonly peakRssMiB: number
}

let ticks: number | undefined

/** Reads `/proc`; benchmarks of other processes therefore need Linux. */
export function usageOf(pid: number): Usage {
  ticks ??= Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))
  // The second field is the command in parentheses and may hold blanks; utime and stime are fields 14 and 15.
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const kib = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0)
  return {
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / ticks,
    rssMiB: kib('VmRSS') / 1024,
    peakRssMiB: kib('VmHWM') / 1024,
  }
}
