import { type Clock, wantsColor } from '@spanloom/core'

import type { CliContext } from '../cli-context.ts'
import { type AdminServer, watch } from './tap-client.ts'
import { jsonOutput, otlpOutput, type TapOutput, treeOutput } from './tap-output.ts'

/** How a tap is shown. */
export interface TapFormat {
  readonly format: 'tree' | 'json' | 'otlp'
  readonly attributes?: boolean
}

/** What a person asked for ends well; everything else did not go as they wanted. */
const wanted: ReadonlySet<string> = new Set(['limit', 'time'])

/** Shows what passes until the tap ends, or Ctrl-C. Resolves with the exit code. */
export async function showTap(
  server: AdminServer,
  query: URLSearchParams,
  format: TapFormat,
  context: CliContext,
  clock: Clock,
): Promise<number> {
  const { stdout, stderr, events } = context
  const say = (sentence: string): void => void stderr.write(`${sentence}\n`)
  const output = outputOf(format, context, clock)
  const stop = new AbortController()
  const end = (): void => stop.abort()
  for (const name of ['SIGINT', 'SIGTERM']) events.on(name, end)
  // Whoever reads may have seen enough, such as `head`.
  stdout.on('error', end)
  let shown = 0
  let missed = 0
  let exitCode = 0
  // Timers let the process end, and there may be nothing else that keeps it.
  const hold = setInterval(() => undefined, 60_000)
  try {
    for await (const line of watch(server, query, stop.signal)) {
      if (stop.signal.aborted) break
      switch (line.kind) {
        case 'open':
          say(`Watching ${query.get('at')} at ${server.url.host}. Ctrl-C ends it.`)
          break
        case 'traces':
          shown += line.traces.spanCount
          output.show(line.traces, line.line)
          break
        case 'missed':
          missed += line.spans
          output.flush()
          say(`… ${line.spans} spans not shown: ${whyMissed(line.why)}.`)
          break
        case 'end':
          output.flush()
          if (!wanted.has(line.reason)) exitCode = 1
          say(`The tap has ended: ${line.message}.`)
      }
    }
  } finally {
    clearInterval(hold)
    output.flush()
    for (const name of ['SIGINT', 'SIGTERM']) events.off(name, end)
  }
  say(`${shown} spans shown${missed === 0 ? '' : `, ${missed} not shown`}.`)
  return exitCode
}

function outputOf(
  { format, attributes = false }: TapFormat,
  { stdout, env }: CliContext,
  clock: Clock,
): TapOutput {
  switch (format) {
    case 'tree':
      return treeOutput(stdout, clock, { color: wantsColor(stdout, env), attributes })
    case 'json':
      return jsonOutput(stdout)
    case 'otlp':
      return otlpOutput(stdout)
  }
}

function whyMissed(why: string): string {
  return why === 'rate'
    ? 'more pass in a second than tap.max_spans_per_second'
    : 'they pass faster than they are read here'
}
