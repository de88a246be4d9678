import os from 'node:os'

import type { Section } from './pass-through.ts'
import type { SteadyFigures } from './steady.ts'

/** Everything that one run found out. */
export interface Report {
  readonly startedAt: string
  readonly node: string
  readonly machine: string
  readonly sections: readonly Section[]
  readonly steady?: { readonly figures: readonly SteadyFigures[]; readonly notes: readonly string[] }
  readonly openSpans?: OpenSpansFigures
  readonly storedSpans?: StoredSpansFigures
  readonly loopDelay?: readonly LoopDelayFigures[]
  readonly coldStartMs?: { readonly median: number; readonly best: number; readonly runs: number }
}

export interface OpenSpansFigures {
  readonly spans: number
  readonly bytesPerSpan: number
  /** Memory held for them, after garbage collection, by their bytes. */
  readonly timesBytes: number
  /** Growth of the resident set by their bytes; what was freed and not given back counts. */
  readonly rssTimesBytes: number
  readonly rssMiB: number
  readonly appendsPerCpuSecond: number
}

/** How late an event loop was, in ms beyond the time of a timer, and how long its thread worked without a pause. */
export interface LoopDelayFigures {
  readonly variant: 'in memory' | 'on disk'
  readonly fragmentsPerSecond: number
  readonly seconds: number
  /** Spans, two fragments each. */
  readonly sent: number
  readonly arrived: number
  readonly p50: number
  readonly p99: number
  readonly max: number
  /** CPU time of the thread between two looks that are 5 ms apart. */
  readonly workP99: number
  readonly workMax: number
}

export interface StoredSpansFigures {
  readonly spans: number
  readonly appendsPerSecond: number
  /** CPU time of all threads, the one that writes to the disk included. */
  readonly appendsPerCpuSecond: number
  readonly rssMiB: number
  readonly bytesInMemoryPerSpan: number
  readonly fileMiB: number
  /** How much longer a start takes that finds them. */
  readonly startSeconds: number
  readonly startedRssMiB: number
}

export const machine = (): string =>
  `${os.cpus().length} × ${os.cpus()[0]?.model ?? 'unknown'}, ${os.platform()} ${os.arch()}`

/** The report as Markdown. */
export function markdownOf(report: Report): string {
  const lines = [
    '# Benchmark',
    '',
    `${report.startedAt}, Node.js ${report.node}, ${report.machine}. Figures in thousands per CPU-second of the process under test; best and median of the rounds.`,
  ]
  for (const { title, unit, figures, notes } of report.sections) {
    const reference = figures.find(({ variant }) => variant.includes('Go'))
    lines.push('', `## ${title}`, '')
    lines.push(
      `| variant | K ${unit}/CPU-s, best | median | CPU-s per million | K ${unit}/s | RSS MiB | times Go (median) |`,
    )
    lines.push('|---|---|---|---|---|---|---|')
    for (const f of figures) {
      const ratio = reference ? (f.perCpuSecondMedian / reference.perCpuSecondMedian).toFixed(2) : '-'
      lines.push(
        `| ${f.variant} | ${round(f.perCpuSecondBest)} | ${round(f.perCpuSecondMedian)} | ${f.cpuSecondsPerMillion.toFixed(2)} | ${round(f.perSecondBest)} | ${round(f.rssMiB)} | ${ratio} |`,
      )
    }
    for (const note of notes) lines.push('', `Note: ${note}`)
  }
  if (report.steady) {
    lines.push(
      '',
      '## Steady load',
      '',
      '| variant | spans/s | seconds | sent | arrived | share of one core | peak RSS MiB |',
    )
    lines.push('|---|---|---|---|---|---|---|')
    for (const f of report.steady.figures) {
      lines.push(
        `| ${f.variant} | ${f.spansPerSecond} | ${round(f.seconds)} | ${f.sent} | ${f.arrived} | ${(f.cpuShare * 100).toFixed(1)} % | ${round(f.peakRssMiB)} |`,
      )
    }
    for (const note of report.steady.notes) lines.push('', `Note: ${note}`)
  }
  if (report.openSpans) {
    const { spans, bytesPerSpan, timesBytes, rssTimesBytes, rssMiB, appendsPerCpuSecond } = report.openSpans
    lines.push('', '## Open spans in memory', '')
    lines.push(
      `${spans} open spans of ${round(bytesPerSpan)} bytes: ${timesBytes.toFixed(2)} times their bytes held, ${rssTimesBytes.toFixed(2)} times resident, RSS ${round(rssMiB)} MiB, ${round(appendsPerCpuSecond / 1000)} K fragments per CPU-second.`,
    )
  }
  if (report.storedSpans) {
    const f = report.storedSpans
    lines.push('', '## Open spans on disk', '')
    lines.push(
      `${f.spans} open spans: ${round(f.appendsPerSecond / 1000)} K fragments/s acknowledged, ${round(f.appendsPerCpuSecond / 1000)} K per CPU-second of all threads, ${round(f.bytesInMemoryPerSpan)} bytes of memory each (RSS ${round(f.rssMiB)} MiB), ${round(f.fileMiB)} MiB on disk; a start that finds them takes ${round(f.startSeconds)} s longer (RSS ${round(f.startedRssMiB)} MiB).`,
    )
  }
  if (report.loopDelay) {
    lines.push('', '## Event loop delay while fragments are assembled and delivered', '')
    lines.push(
      '| open spans and queue | fragments/s | seconds | spans sent | arrived | p50 ms | p99 ms | max ms |',
    )
    lines.push('|---|---|---|---|---|---|---|---|')
    for (const f of report.loopDelay) {
      lines.push(
        `| ${f.variant} | ${f.fragmentsPerSecond} | ${f.seconds} | ${f.sent} | ${f.arrived} | ${round(f.p50)} | ${round(f.p99)} | ${round(f.max)} | ${round(f.workP99)} | ${round(f.workMax)} |`,
      )
    }
  }
  if (report.coldStartMs) {
    const { median, best, runs } = report.coldStartMs
    lines.push(
      '',
      '## Cold start',
      '',
      `Process start to ready: median ${round(median)} ms, best ${round(best)} ms of ${runs} runs.`,
    )
  }
  return `${lines.join('\n')}\n`
}

const round = (value: number): string => (value >= 100 ? Math.round(value).toString() : value.toFixed(1))
